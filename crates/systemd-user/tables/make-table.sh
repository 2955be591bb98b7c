#!/bin/sh
# Prints the table of one release of systemd: which sections and directives unit files have, and which kind of value
# each takes.
#
#   make-table.sh CHECKOUT TAG > TAG-WITHOUT-V.txt
#
# CHECKOUT is a clone of https://github.com/systemd/systemd with the tag in it. Only names are taken from it: those of
# sections and directives, and for the kind of value that of the function which reads it, without what all such names
# begin with. `removed` is a directive that systemd still knows and does nothing about.
#
# `systemd --dump-configuration-items` prints the same names, but one word, OTHER, for a third of the kinds.
set -eu

checkout=$1
tag=$2

{
    printf '# Directives of unit files in systemd %s, with the kind of value each takes. Made by make-table.sh.\n' "${tag#v}"
    git -C "$checkout" show "$tag:src/core/load-fragment-gperf.gperf.in" | awk '
        # What a build can leave out is taken as built in.
        /^ *\{% *if / { next }
        /^ *\{% *else/ { skip = 1; next }
        /^ *\{% *endif/ { skip = 0; next }
        skip { next }
        /^\{%- *macro / { macro = $3; sub(/\(.*/, "", macro); next }
        /^\{%- *endmacro/ { macro = ""; next }
        /^\{\{ *[A-Z_]+\(/ {
            name = $0; sub(/^\{\{ */, "", name); sub(/\(.*/, "", name)
            section = $0; sub(/^[^\047]*\047/, "", section); sub(/\047.*/, "", section)
            for (i = 1; i <= count[name]; i++) print section "." item[name, i]
            next
        }
        /^(\{\{type\}\}|[A-Z][a-z]+)\.[A-Za-z0-9]+, / {
            key = $1; sub(/,$/, "", key); sub(/^\{\{type\}\}\./, "", key)
            kind = $2; sub(/,$/, "", kind); sub(/^config_parse_/, "", kind)
            if (kind == "warn_compat") kind = "removed"
            if (kind == "NULL") kind = "install"
            gsub(/_/, "-", kind)
            line = key " " kind
            if (macro != "") item[macro, ++count[macro]] = line; else print line
        }' | LC_ALL=C sort -u | awk -F '[. ]' '
        $1 != section { section = $1; print "[" section "]" }
        { print $2 " " $3 }'
}
