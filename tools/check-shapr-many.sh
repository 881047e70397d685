#!/usr/bin/env bash
# Many runs of the program shapr: folds side by side, several seeds in one table, a grid of settings, a Slurm
# array. However they are run, killed or repeated, the results are the same bytes.
name=check-shapr-many
. "$(dirname "$0")/shapr-checks.sh"

# All files but locks, checkpoints, what names the place, and the one that depends on the clock.
same() {
  diff -r --exclude=.lock --exclude=checkpoints --exclude=seconds.txt --exclude=settings.json "$1" "$2" \
    > differences || stop "$1 and $2 differ: $(head -n 5 differences)"
}
# Waits until a file is there.
await() {
  for _ in $(seq 600); do [ -n "$(ls -d $1 2> /dev/null)" ] && return; sleep 0.05; done
  stop "$1 did not come"
}

"$shapr" synthesize --output cells --count 50 > synthesize.txt
small=(--data cells --base-filters 2 --epochs 2 --topological-resolution 8 --checkpoint-steps 2)

# Two seeds, three folds: one after the other, side by side, and side by side after a kill.
cross=("$shapr" train "${small[@]}" --folds 3 --seeds 0,1)
"${cross[@]}" --output serial > serial.txt
"${cross[@]}" --output parallel --jobs 2 > parallel.txt
same serial parallel
"${cross[@]}" --output killed --jobs 2 > killed.txt 2>&1 &
await 'killed/seed-0/fold-1/checkpoints/ckpt-*'
kill -9 $!
wait $! 2> /dev/null || true
"${cross[@]}" --output killed --jobs 2 --resume > killed.txt
grep -q 'goes on from' killed.txt || stop "the killed run began anew: $(cat killed.txt)"
same serial killed

# Asked to stop, it stops its children, which write checkpoints.
"${cross[@]}" --output asked --jobs 2 > asked.txt 2> errors &
await 'asked/seed-0/fold-1/checkpoints/ckpt-*'
kill -TERM $!
code=0
wait $! || code=$?
[ "$code" = 143 ] || stop "SIGTERM gave exit code $code: $(cat errors)"
grep -q 'CANCELLED' errors && [ "$(wc -l < errors)" = 1 ] || stop "not one line: $(cat errors)"
fails 73 "${cross[@]}" --output asked --jobs 2
"${cross[@]}" --output asked --jobs 2 --resume > asked.txt
same serial asked

# A run that is complete is left as it is: no file is written anew but the merged ones.
before=$(cd serial && find . -path '*fold-*' -type f -printf '%p %i %T@\n' | sort)
"${cross[@]}" --output serial --resume > again.txt
[ "$(grep -c 'there already' again.txt)" = 6 ] || stop "complete folds ran again: $(cat again.txt)"
[ "$(cd serial && find . -path '*fold-*' -type f -printf '%p %i %T@\n' | sort)" = "$before" ] \
  || stop "complete folds were written again"
# But a prediction that is missing is made again.
rm parallel/seed-1/fold-2/predictions/"$(ls parallel/seed-1/fold-2/predictions | head -n 1)"
"${cross[@]}" --output parallel --jobs 2 --resume > again.txt
same serial parallel

# One table for all seeds, merged in any order of events; cells are counted once.
[ "$(wc -l < serial/scores.csv)" = 101 ] || stop "not every cell was tested once with each seed"
head -n 1 serial/scores.csv | grep -q '^name,class,seed,' || stop "no column seed"
head -n 1 serial/seed-1/scores.csv | grep -q '^name,class,iou' || stop "a column seed where there is one seed"
cp serial/summary.json before.json
rm serial/scores.csv serial/summary.json serial/seed-0/scores.csv
"$shapr" merge serial > merged.txt
cmp serial/summary.json before.json || stop "merged again, the summary is another"
same serial parallel
"$shapr" compare serial parallel | grep 'n = 50 cells, 2 seeds' > /dev/null || stop "seeds are not counted as repeats"

# A grid of two settings, run here and as a Slurm array.
grid=("${small[@]}" --split cells/split.json
  --grid topological_weight=0,0.1 --grid 'topological-dimensions=2;0,2')
"$shapr" sweep "${grid[@]}" --output sweep --jobs 2 > sweep.txt
[ "$(wc -l < sweep/results.csv)" = 5 ] || stop "not one line a point: $(cat sweep/results.csv)"
grep -q '^0.1  *0+2  *1 of 1' sweep.txt || stop "no table: $(cat sweep.txt)"
"$shapr" compare sweep/topological_weight=0,topological_dimensions=2 \
  sweep/topological_weight=0.1,topological_dimensions=2 > table.txt
fails 73 "$shapr" sweep "${grid[@]}" --output sweep
"$shapr" sweep "${grid[@]}" --output sweep --resume > again.txt
[ "$(grep -c 'there already' again.txt)" = 4 ] || stop "complete points ran again: $(cat again.txt)"

# A Slurm of a few lines: tasks run one after the other, the first is asked to stop and comes again.
mkdir slurm
cat > slurm/sbatch << 'END'
#!/bin/bash
script=$(realpath "${!#}")
range=$(sed -n 's/^#SBATCH --array=\([0-9]*\)-\([0-9]*\).*/\1 \2/p' "$script")
cd /
for task in $(seq $range); do
  touch "$FAKE/requeue"
  while [ -e "$FAKE/requeue" ]; do
    rm "$FAKE/requeue"
    SLURM_JOB_ID=$task SLURM_ARRAY_TASK_ID=$task bash "$script" || exit
  done
done
END
cat > slurm/srun << 'END'
#!/bin/bash
"$@" &
if [ ! -e "$FAKE/asked" ]; then
  touch "$FAKE/asked"
  until ls "$FAKE"/../array/*/fold-0/checkpoints/ckpt-* > /dev/null 2>&1; do sleep 0.05; done
  kill -USR1 $!
fi
wait $!
END
printf '#!/bin/bash\ntouch "$FAKE/requeue" "$FAKE/requeued"\n' > slurm/scontrol
chmod +x slurm/*
"$shapr" sweep "${grid[@]}" --output array --threads 2 --slurm --array-limit 2 > commands.txt
grep -q '#SBATCH --array=0-3%2' array/array.sh || stop "not an array of four: $(cat array/array.sh)"
FAKE=$work/slurm PATH=$work/slurm:$PATH sbatch array/array.sh > tasks.txt 2>&1 || stop "$(cat tasks.txt)"
[ -e slurm/requeued ] && grep -q 'goes on from' tasks.txt || stop "no task was requeued: $(cat tasks.txt)"
"$shapr" merge array > array.txt
for run in sweep array; do sed 's/,[^,]*$//' "$run/results.csv" > "$run.results"; done
cmp sweep.results array.results || stop "the array has other results"
rm -r array/tasks array/cells.txt array/array.sh
rm {array,sweep}/results.csv
same sweep array

# One process at a time; a name that does not exist; a child's error is ours, with its code.
"$shapr" sweep "${grid[@]}" --output busy --jobs 1 > busy.txt 2>&1 &
await 'busy/*/fold-0/checkpoints/ckpt-*'
fails 75 "$shapr" sweep "${grid[@]}" --output busy --resume
kill -TERM $!
wait $! || true
fails 78 "$shapr" sweep "${small[@]}" --output nowhere --grid topological_wieght=0,1
grep -q 'did you mean topological_weight' errors || stop "no nearest name: $(cat errors)"
fails 78 "$shapr" sweep "${small[@]}" --output nowhere --grid epochs=1,many
fails 64 "$shapr" sweep "${small[@]}" --output nowhere
fails 66 "$shapr" merge cells
head -c 1000 cells/obj/discocyte000002.tif > short.tif && mv short.tif cells/obj/discocyte000002.tif
fails 65 "$shapr" train "${small[@]}" --folds 3 --output damaged --jobs 2
grep -q 'fold [0-9]: .*discocyte000002' errors || stop "the error does not name fold and file: $(cat errors)"
[ ! -e nowhere ] || stop "a mistake left a run directory"
echo "check-shapr-many: side by side, seeds, sweep and array: the same bytes"
