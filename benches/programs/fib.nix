# Calls and arithmetic and nothing else: Fibonacci numbers by plain recursion.
{ size ? 30 }:
let
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
in
fib size
