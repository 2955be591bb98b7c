"""Tells what is registered in a Nix database: a line with its path in, a line of JSON out."""
import json
import sqlite3
import sys

OBJECTS = "select path, hash, narSize, deriver, ultimate, sigs, ca from ValidPaths order by path"
REFERENCES = """
    select a.path, b.path from Refs join ValidPaths a on referrer = a.id join ValidPaths b on reference = b.id
    order by a.path, b.path
"""
OUTPUTS = "select v.path, o.id, o.path from DerivationOutputs o join ValidPaths v on o.drv = v.id order by 1, 2, 3"

for line in sys.stdin:
    try:
        database = sqlite3.connect("file:" + line.rstrip("\n") + "?mode=rw", uri=True)
        try:
            verdict = database.execute("pragma integrity_check").fetchone()[0]
            found = [database.execute(query).fetchall() for query in (OBJECTS, REFERENCES, OUTPUTS)]
            answer = {"verdict": verdict, "objects": found[0], "references": found[1], "outputs": found[2]}
        finally:
            database.close()
    except sqlite3.Error as error:
        answer = {"verdict": str(error), "objects": [], "references": [], "outputs": []}
    print(json.dumps(answer), flush=True)
