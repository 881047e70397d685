#!/usr/bin/env bash
# The program shapr, as a biologist meets it: made-up cells, a small training, one that is killed and goes
# on, predictions, a comparison, and what happens when something is wrong.
name=check-shapr
. "$(dirname "$0")/shapr-checks.sh"

"$shapr" synthesize --output cells --count 50
"$shapr" check --data cells | tail -n 1
train=("$shapr" train --data cells --split cells/split.json --base-filters 2 --epochs 2 --adversarial-epochs 1
  --topological-resolution 8 --checkpoint-steps 2 --threads 2 --resume)
"${train[@]}" --output whole > whole.txt

# Killed again and again, then asked to stop, then left alone: the same bits. Without a terminal the program
# is silent inside an epoch, so checkpoints tell that it is on its way.
for signal in KILL KILL TERM; do
  before=$(ls broken/fold-0/checkpoints 2> /dev/null | tail -n 1 || true)
  "${train[@]}" --output broken --threads 1 > broken.txt 2>&1 &
  for _ in $(seq 600); do
    [ "$(ls broken/fold-0/checkpoints 2> /dev/null | grep -v tmp | tail -n 1 || true)" != "$before" ] && break
    sleep 0.05
  done
  kill -s "$signal" $! 2> /dev/null || true
  code=0
  wait $! || code=$?
  [ "$signal" = KILL ] || [ "$code" = 143 ] || [ "$code" = 0 ] || stop "SIGTERM gave exit code $code"
done
"${train[@]}" --output broken > broken.txt
grep -q 'goes on from\|there already' broken.txt || stop "the broken run began anew"
for file in fold-0/best.safetensors fold-0/log.csv scores.csv summary.json; do
  cmp "whole/$file" "broken/$file" || stop "a run that was killed ends differently: $file"
done
diff -r whole/fold-0/predictions broken/fold-0/predictions || stop "predictions differ after a kill"
[ -z "$(find broken -name '*.tmp')" ] || stop "temporary files are left"

"${train[@]}" --output without --topological-weight 0 --adversarial-epochs 0 > without.txt
"$shapr" compare without whole --title 'made-up cells' > table.txt
grep -q 'volume' table.txt || stop "no table: $(cat table.txt)"
"$shapr" baseline --data cells --split cells/split.json --output extruded > extruded.txt
"$shapr" compare extruded whole without whole --title one --title two --names extruded,network > table.txt
grep -q "two (n = " table.txt || stop "no second data set: $(cat table.txt)"
"$shapr" predict --model whole/fold-0/best.safetensors --input cells --output predicted > predicted.txt
[ "$(ls predicted | wc -l)" = 50 ] || stop "not every cell was predicted"

# Real cells, where they are at hand.
sample=$project/../shared/data/shapr-sample
if [ -e "$sample/split.json" ]; then
  "$shapr" train --data "$sample" --split "$sample/split.json" --output real --epochs 2 > real.txt
  [ "$(wc -l < real/fold-0/log.csv)" = 3 ] || stop "not two epochs on real cells: $(cat real.txt)"
  [ "$(ls real/fold-0/predictions | wc -l)" = 27 ] || stop "not every real cell was predicted"
else
  echo "check-shapr: SKIPPED the training on real cells, there is no $sample" >&2
fi

fails 64 "$shapr" train --output nowhere
fails 64 "$shapr" compare whole
fails 66 "$shapr" train --data nothing --output nowhere
fails 73 "$shapr" train --data cells --split cells/split.json --output whole
fails 78 "$shapr" train --data cells --output nowhere --epochs many
echo '{"epoch": 3}' > wrong.json
fails 78 "$shapr" train --data cells --output nowhere --settings wrong.json
grep -q 'did you mean epochs' errors || stop "no nearest name: $(cat errors)"
head -c 1000 cells/obj/discocyte000002.tif > short.tif && mv short.tif cells/obj/discocyte000002.tif
fails 65 "$shapr" check --data cells
fails 65 "${train[@]}" --output damaged
echo "check-shapr: trained, killed, resumed to the same bits, compared and predicted"
