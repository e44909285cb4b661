"""A step of a benchmark that prints what it was given, or fails."""

import json
import sys

if __name__ == "__main__":
    _, step, given = sys.argv
    if step == "fail":
        sys.stderr.write("this cannot be done\n")
        sys.exit(3)
    sys.stdout.write(f"{json.dumps({'step': step, 'given': json.loads(given)})}\n")
