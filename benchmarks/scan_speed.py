"""How long the scan of a large codebase takes, and how much memory, as shares of the limits it must keep.

    python benchmarks/scan_speed.py [FILES]

The limits are 20 seconds of wall time on two cores and 500 MB of memory for 10,000 files, for the process as a whole.
The codebase is made for the run: source in ten languages, 2 to 9 KB a file, of which every tenth is about Stripe (the
samples of the rules, in which all is found that there is to find).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "shared"))

from scan_samples import samples  # noqa: E402 - found where the tests keep what they share

SECONDS, MEGABYTES, FILES = 20.0, 500.0, 10_000

# A function of ordinary business, with words that the scan has to look twice at: orders, events, secrets, sessions.
ORDINARY = {
    "py": """
def {name}(order, session):
    # looks the order up again
    total = sum(item['price'] for item in order['items'])
    if total / 100 > session.limit:
        raise ValueError('%s is too much' % total)
    return {{'{name}': total}}
""",
    "js": """
export async function {name}(request, response) {{
  const event = request.body;
  const order = await db.orders.find(event.id);
  if (!order) return response.status(404).end();
  response.json({{ {name}: order.total / 100 }});
}}
""",
    "ts": """
export class {name} {{
  constructor(private readonly secret: string, private readonly orders: Map<string, number>) {{}}
  total(id: string): number {{
    return (this.orders.get(id) ?? 0) / 100;
  }}
}}
""",
    "tsx": """
export function {name}({{ order }}: {{ order: Order }}) {{
  const [open, setOpen] = useState(false);
  return <button onClick={{() => setOpen(!open)}}>{{order.total}}</button>;
}}
""",
    "rb": """
def {name}(order)
  session = Session.find_by(id: order.session_id)
  return head :not_found unless session
  render json: {{ {name}: order.total / 100 }}
end
""",
    "php": """
function {name}(array $order): array {{
    $event = json_decode(file_get_contents('php://input'), true);
    return ['{name}' => $order['total'] / 100, 'event' => $event['type']];
}}
""",
    "go": """
func {name}(w http.ResponseWriter, r *http.Request) {{
	order, err := load(r.URL.Query().Get("id"))
	if err != nil {{
		http.Error(w, "no such order", 404)
		return
	}}
	write(w, order)
}}
""",
    "sql": "CREATE TABLE {name} (id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, amount NUMERIC(12, 2));\n\n",
    "html": "<section id='{name}'><h2>Orders</h2><script>document.title = '{name}';</script></section>\n\n",
    "md": "## {name}\n\nAn order has a session, and a webhook tells when it is paid.\n\n",
}
BEGINNINGS = {"php": "<?php\n", "go": "package shop\n"}


def main(files: int) -> None:
    """Make the codebase, scan it, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        size = sum(_written(Path(folder), files))
        began = time.perf_counter()
        command = [sys.executable, "-c", "from hookassay.cli import main; main()", "scan", folder, "--fail-on", "never"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
            assert process.stdout is not None
            last = process.stdout.read().strip().splitlines()[-1:]
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds, megabytes = time.perf_counter() - began, usage.ru_maxrss / 1024
    print(f"{files} files, {size / 1e6:.0f} MB: {''.join(last)}")
    print(f"  wall time {seconds:7.2f} s    {seconds / SECONDS:5.2f} of {SECONDS:g} s")
    print(f"  CPU time  {usage.ru_utime + usage.ru_stime:7.2f} s")
    print(f"  memory    {megabytes:7.0f} MB   {megabytes / MEGABYTES:5.2f} of {MEGABYTES:g} MB")
    if process.returncode > 1:
        sys.exit(f"the scan ended with exit code {process.returncode}")


def _written(folder: Path, files: int) -> Iterator[int]:
    """The codebase in `folder`, the bytes of each file."""
    draw = random.Random(20261125)  # noqa: S311 - the same codebase in each run
    about_stripe = [file for sample in samples() for file in sample.files]
    for number in range(files):
        place = folder / f"area{number % 40}" / f"part{number % 23}"
        place.mkdir(parents=True, exist_ok=True)
        suffix = draw.choice(list(ORDINARY))
        text = BEGINNINGS.get(suffix, "")
        text += "".join(ORDINARY[suffix].format(name=f"thing_{number}_{n}") for n in range(draw.randrange(8, 30)))
        name = f"file{number}.{suffix}"
        if number % 10 == 0:
            path, about = draw.choice(about_stripe)
            name, text = f"{number}_{Path(path).name}", about + "\n" + "\n" * draw.randrange(60)
        yield (place / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
