"""A tap-reconcile that reports what its environment says, and how it was called."""

import json
import os
import sys
from pathlib import Path

arguments = sys.argv[1:]
config = json.loads(Path(arguments[arguments.index("--config") + 1]).read_text())
seen = {
    "arguments": arguments,
    "config": config,
    "url": os.environ["TAP_RECONCILE_DATABASE_URL"],
    "environment": dict(os.environ),
}
Path(config["report"]).write_text(json.dumps(seen))
print(os.environ.get("RECONCILED", ""))
sys.exit(int(os.environ.get("RECONCILED_CODE", "0")))
