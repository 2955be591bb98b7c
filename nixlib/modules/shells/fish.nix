# What fish reads: it cannot read the script itself, so a shell that can does. Completions and functions of packages are
# found by XDG_DATA_DIRS, which fish has looked at before it reads this file.
{ session }:

''
  # Variables and packages of the current generation of hm, for login shells.
  if status is-login
      and test -r "${session.script}"
      and begin
          test "$__HM_SESS_VARS_SOURCED" != ${session.key}
          or not contains -- "${session.profile}/bin" $PATH
      end
      for __hm_entry in (/bin/sh -c '. "$1"; exec env -0' sh "${session.script}" | string split0)
          set -l name (string replace -r '(?s)=.*' ''' -- $__hm_entry)
          set -l value (string replace -r '(?s)^[^=]*=' ''' -- $__hm_entry | string collect)
          if not contains -- $name _ SHLVL PWD OLDPWD
              and test "$$name" != "$value"
              set -gx $name $value
          end
      end
      set -e __hm_entry
      set -l vendor "${session.profile}/share/fish"
      for names in "fish_complete_path completions" "fish_function_path functions"
          set -l name (string split ' ' -- $names)
          set -l path $name[1]
          set -l directory $vendor/vendor_$name[2].d
          if test -d $directory
              and not contains -- $directory $$path
              # After the user's own, which comes first.
              set -l first $$path[1][1]
              set -l others $$path
              set -e others[1]
              set $path $first $directory $others
          end
      end
      if not contains -- $vendor/vendor_conf.d $__fish_vendor_confdirs
          for file in $vendor/vendor_conf.d/*.fish
              source $file
          end
      end
  end
''
