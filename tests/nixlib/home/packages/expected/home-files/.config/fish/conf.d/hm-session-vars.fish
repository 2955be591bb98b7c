# Variables and packages of the current generation of hm, for login shells.
if status is-login
    and test -r "$HOME/.local/state/nix/profiles/hm/home-path/etc/profile.d/hm-session-vars.sh"
    and begin
        test "$__HM_SESS_VARS_SOURCED" != e3b0c44298fc1c14
        or not contains -- "$HOME/.local/state/nix/profiles/hm/home-path/bin" $PATH
    end
    for __hm_entry in (/bin/sh -c '. "$1"; exec env -0' sh "$HOME/.local/state/nix/profiles/hm/home-path/etc/profile.d/hm-session-vars.sh" | string split0)
        set -l name (string replace -r '(?s)=.*' '' -- $__hm_entry)
        set -l value (string replace -r '(?s)^[^=]*=' '' -- $__hm_entry | string collect)
        if not contains -- $name _ SHLVL PWD OLDPWD
            and test "$$name" != "$value"
            set -gx $name $value
        end
    end
    set -e __hm_entry
    set -l vendor "$HOME/.local/state/nix/profiles/hm/home-path/share/fish"
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
