{ description = "x"; }
