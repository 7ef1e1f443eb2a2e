"""Writes docs/gpu-verified.md from what scripts/gpu-check collected: gpu-verified.py FOLDER PAGE."""
import datetime
import glob
import json
import os
import sys

folder, page = sys.argv[1], sys.argv[2]


def last_line(name):
    path = os.path.join(folder, name)
    lines = open(path).read().split("\n") if os.path.exists(path) else []
    lines = [line for line in lines if line.startswith("{")]
    return json.loads(lines[-1]) if lines else {}


def code(name):
    return int(open(os.path.join(folder, name)).read())


sweep, watch = last_line("sweep.json"), last_line("watch.json")
seen = sweep.get("sweep") or {"gpus": []}
ranks = sorted(glob.glob(os.path.join(folder, "nccl.*.json")), key=lambda p: int(p.split(".")[-2]))
reports = [(last_line(os.path.basename(p)), code(os.path.basename(p)[:-5] + ".code")) for p in ranks]
names = sorted({g.get("productName") or "unknown" for g in seen["gpus"]})
rows = [
    ("NVML sweep", code("sweep.code") == 0, f"{sweep.get('outcome')}: {sweep.get('why')}"),
    ("watch", code("watch.code") == 0 and watch.get("watch") is not None,
     f"{sum(1 for g in watch.get('gpus', []) if g.get('events'))} GPUs report events" if "watch" in watch
     else f"{watch.get('outcome')}: {watch.get('why')}"),
]
for report, rank_code in reports:
    rows.append((f"NCCL rank {report.get('rank')} of {report.get('size')}", rank_code == 0,
                 f"{report.get('outcome')}: {report.get('why')}"))
if not reports:
    rows.append(("NCCL", False, "no GPU to start a rank on"))

out = ["# Verified on real GPUs", ""]
out.append("Written by `scripts/gpu-check`; run it again to replace this page.")
out += ["", "| | |", "|---|---|"]
out.append(f"| date | {datetime.date.today().isoformat()} |")
out.append(f"| GPUs | {len(seen['gpus'])} × {', '.join(names)} |")
out.append(f"| driver, NVML, CUDA | {seen.get('driverVersion')}, {seen.get('nvmlVersion')}, {seen.get('cudaDriverVersion')} |")
out.append(f"| NVML library | {sweep.get('library')} |")
out.append(f"| NCCL | {next((r.get('ncclVersion') for r, _ in reports if r.get('ncclVersion')), 'did not start')} |")
out.append(f"| sweep | {sweep.get('sweepMilliseconds', 0):.1f} ms in the child, {sweep.get('tookMilliseconds', 0):.0f} ms with the process |")
out += ["", "| what | passed | report |", "|---|---|---|"]
out += [f"| {what} | {'yes' if passed else 'no'} | {text} |" for what, passed, text in rows]
sizes = reports[0][0].get("sizes") if reports else None
if sizes:
    out += ["", "All-reduce as rank 0 saw it:", "", "| bytes | µs | bus GB/s | wrong values |", "|---|---|---|---|"]
    out += [f"| {s['bytes']} | {s['microseconds']:.1f} | {s['busBytesPerSecond'] / 1e9:.1f} | {s['wrongValues']} |"
            for s in sizes]
out += ["", "## Could not be tried here", ""]
unread = sorted({name for g in seen["gpus"] for name, r in g["readings"].items() if "value" not in r})
out.append("- data that this driver or product does not tell: " + (", ".join(f"`{n}`" for n in unread) or "none"))
out.append("- functions that this NVML does not have: " + (", ".join(f"`{n}`" for n in seen.get("missingFunctions", [])) or "none"))
out.append("- faults: a lost GPU, an XID, a wedged driver, a hang inside NCCL; nobody makes these on a good machine")
out.append("- several nodes: the ranks of this run shared one machine" + ("" if len(reports) > 1 else ", and there was one"))
if not any(g.get("migDevices") for g in seen["gpus"]):
    out.append("- MIG: off on this machine")
open(page, "w").write("\n".join(out) + "\n")
print(f"gpu-check: wrote {page}")
sys.exit(0 if all(passed for _, passed, _ in rows) else 1)
