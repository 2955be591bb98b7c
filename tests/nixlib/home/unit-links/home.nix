# What `Install` asks for.
{
  home.stateVersion = "24.05";

  systemd.user.services = {
    listed = {
      Service.ExecStart = "/bin/true";
      Install = {
        WantedBy = [ "default.target" "a.target b.target" "default.target" ];
        RequiredBy = "c.service";
        UpheldBy = [ "d.service" "default.target" ];
        Alias = "listed-too.service";
        Also = [ "elsewhere.socket" ];
      };
    };
    # A template with an instance that is the usual one, and one whose instances come from what pulls them in.
    "usual@" = {
      Service.ExecStart = "/bin/echo %i";
      Install = { WantedBy = "default.target"; DefaultInstance = "a\\x2db"; UpheldBy = "d.service"; Alias = "other@.service"; };
    };
    "along@" = {
      Service.ExecStart = "/bin/echo %i";
      Install.WantedBy = [ "group@.target" "group@one.target" ];
    };
    # Instances of a template that is here: as the template has them, with settings of their own, and all of their own.
    "usual@plain".Install.WantedBy = [ "default.target" ];
    "usual@nice" = { Service.Nice = 5; Install.WantedBy = [ "default.target" ]; };
    "usual@reset".Service.ExecStart = [ "" "/bin/echo reset" ];
    "usual@own".Service.ExecStart = "/bin/echo own";
    # An instance of one that is not.
    "foreign@one" = { Service.Nice = 5; Install.WantedBy = [ "default.target" ]; };
    "foreign@two" = { Service.Nice = 5; overrideStrategy = "asDropin"; };
  };
}
