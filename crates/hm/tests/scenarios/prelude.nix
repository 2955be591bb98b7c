# Units that note in a log what happens to them. `word` tells the definitions of a unit apart, `more` has further settings.
rec {
  # A command line that adds words to the log.
  note = words: "/bin/sh -c 'echo ${words} >> %h/log'";

  # Sections with the settings of others added or in place of theirs.
  join = sections: more:
    sections // builtins.mapAttrs (name: settings: (sections.${name} or { }) // settings) more;

  wanted.Install.WantedBy = [ "default.target" ];

  # Runs until it is stopped, and nothing pulls it in.
  idle = word: join {
    Service = {
      ExecStartPre = note "start %n ${word}";
      ExecStart = "/bin/sleep infinity";
      ExecStop = note "stop %n ${word}";
    };
  };

  # The same, pulled in by default.target.
  service = word: more: join (idle word wanted) more;

  # Runs once when something starts it.
  idleOneshot = word: join {
    Service = {
      Type = "oneshot";
      ExecStart = note "run %n ${word}";
    };
  };

  # The same, pulled in by default.target.
  oneshot = word: more: join (idleOneshot word wanted) more;

  # A oneshot that does not end by itself.
  endless = word: more: oneshot word (join { Service.ExecStart = [ (note "run %n ${word}") "/bin/sleep infinity" ]; } more);

  # Elapses at a date.
  timer = calendar: join {
    Timer.OnCalendar = calendar;
    Install.WantedBy = [ "timers.target" ];
  };

  # Runs the commands that the function `inside` (functions.sh) gives it. It takes its time to stop, so that a program that
  # stops it by this has asked for everything else by then.
  inside = word: more: service word (join {
    Service.ExecStart = "/bin/sh -c 'echo $$$$ > %h/inside.pid; "
      + "while sleep 0.05; do [ ! -e %h/inside.go ] || { rm %h/inside.go; . %h/inside.sh; }; done'";
    Service.ExecStop = "/bin/sh -c 'sleep 1; echo stop %n ${word} >> %h/log'";
  } more);
}
