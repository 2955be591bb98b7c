#!@py@
"""Watches a directory and its subdirectories, and converts the media files that arrive there.

Usage: watchintake DIRECTORY

A finished file NAME.mp4 becomes converted/NAME.mov beside it, with sound that editing
programs read. Files are taken when they are closed after writing, or moved in.
"""

import csv
import os
import shutil
import subprocess
import sys

INOTIFYWAIT = "@inotifywait@"
SUFFIXES = (".mp4", ".mkv", ".webm")


def convert(path):
    """Converts one file; a failure is reported and leaves the others alone."""
    directory, name = os.path.split(path)
    target_directory = os.path.join(directory, "converted")
    target = os.path.join(target_directory, os.path.splitext(name)[0] + ".mov")
    if os.path.exists(target):
        return
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        print(f"{path}: ffmpeg is not installed, left as it is", flush=True)
        return
    os.makedirs(target_directory, exist_ok=True)
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-i", path, "-c:v", "copy", "-c:a", "pcm_s16le", target]
    status = subprocess.run(command, check=False).returncode
    print(f"{path}: {'converted' if status == 0 else f'ffmpeg failed with status {status}'}", flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    intake = sys.argv[1]
    os.makedirs(intake, exist_ok=True)
    # One CSV line an event: directory, events, name.
    command = [INOTIFYWAIT, "-c", "-mr", "-eclose_write", "-emoved_to", intake]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        for directory, _events, name in csv.reader(watcher.stdout):
            if name.lower().endswith(SUFFIXES) and os.path.basename(directory.rstrip("/")) != "converted":
                convert(os.path.join(directory, name))
    sys.exit(f"inotifywait ended with status {watcher.returncode}")


if __name__ == "__main__":
    main()
