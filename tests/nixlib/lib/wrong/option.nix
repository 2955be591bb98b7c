# Sets an option to a number, in line 3.
{
  x = 3;
}
