{
  assertions = [
    { assertion = false; message = "the first thing is wrong"; }
    { assertion = true; message = "this is right"; }
    { assertion = false; message = "the second thing is wrong"; }
  ];
}
