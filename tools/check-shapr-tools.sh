#!/usr/bin/env bash
# The tools of the program shapr on volumes of any program: evaluate, diagrams, downsampling and convert, and
# what happens when something is wrong with what they are given.
name=check-shapr-tools
. "$(dirname "$0")/shapr-checks.sh"

"$shapr" synthesize --output cells --count 50 > /dev/null
# An untrained network predicts badly, and is scored all the same.
"$shapr" train --data cells --split cells/split.json --base-filters 2 --epochs 1 --topological-resolution 8 \
  --output run > /dev/null

# Files are scored as the run scored what it wrote into them, in another order.
evaluate=("$shapr" evaluate --truth cells --settings run/settings.json)
"${evaluate[@]}" --predictions run/fold-0/predictions --output scores.csv --threads 1 > table.txt
cmp <(sort scores.csv) <(sort run/fold-0/scores.csv) || stop "evaluate and the run disagree"
grep -q '^notice: .* have no partner' table.txt || stop "nothing about cells without a prediction: $(cat table.txt)"
"${evaluate[@]}" --predictions run/fold-0/predictions --output again.csv --threads 3 > again.txt
cmp scores.csv again.csv && cmp table.txt again.txt || stop "scores depend on the number of threads"
"$shapr" compare run scores.csv > compared.txt
"$shapr" evaluate --predictions run/fold-0/predictions --truth cells/obj --no-topology --threshold 0.5 > plain.txt
! grep -q 'W_2' plain.txt || stop "topology where none was wanted: $(cat plain.txt)"
fails 66 "${evaluate[@]}" --predictions run/fold-0/predictions --strict

# 8-bit copies of other formats: the truth itself has no errors.
"$shapr" convert cells/obj --output copies --format npy > converted.txt
"$shapr" evaluate --predictions copies --truth cells --output perfect.csv > perfect.txt
[ "$(tail -n +2 perfect.csv | cut -d, -f3 | sort -u)" = 0.0 ] || stop "a copy is not what it was: $(cat perfect.csv)"
"$shapr" convert copies --output slicer --format nrrd --spacing 0.5,0.25,0.25 --binary > converted.txt
[ "$(ls slicer | wc -l)" = 50 ] && head -c 8 slicer/"$(ls slicer | head -n 1)" | grep -q NRRD0004 \
  || stop "not converted: $(cat converted.txt)"

"$shapr" diagrams cells --output one --threads 1 > one.txt
"$shapr" diagrams cells --output three --threads 3 > three.txt
diff -r one three && cmp one.txt three.txt || stop "diagrams depend on the number of threads"
[ "$(ls one | wc -l)" = 51 ] || stop "not a table for every file"
"$shapr" diagrams run/fold-0/predictions --no-distances --output bare > bare.txt
[ ! -e bare/distances.csv ] && ! grep -q 'W_2' bare.txt || stop "distances where none were wanted: $(cat bare.txt)"
"$shapr" diagrams cells/image/discocyte000002.tif --dimensions 1 --filtration sublevel > image.txt
grep -q '1 loops' image.txt || stop "no loops in an image: $(cat image.txt)"
"$shapr" downsampling --data cells --resolutions 8,64 --output losses > losses.txt
[ "$(wc -l < losses/downsampling.csv)" = 301 ] || stop "not a line for every volume, M and dimension"
# At full size nothing is lost.
[ "$(grep ',64,' losses/downsampling.csv | cut -d, -f4 | sort -u)" = 0.0 ] || stop "$(cat losses/downsampling.csv)"

cell=cells/obj/discocyte000002.tif
evaluate=("$shapr" evaluate --truth cells --predictions)
fails 64 "${evaluate[@]}" copies --threshold high
fails 64 "${evaluate[@]}" copies --filtration sideways
fails 64 "${evaluate[@]}" copies --threads 2000
fails 64 "$shapr" diagrams $cell --dimensions 3
fails 64 "$shapr" diagrams $cell --resolution 0
fails 64 "$shapr" diagrams $cell copies/discocyte000002.npy
fails 64 "$shapr" downsampling --data cells --resolutions 8,8
fails 64 "$shapr" convert $cell --output out --format x3d
fails 64 "$shapr" convert $cell --output out --format nrrd --spacing 1,2
fails 65 "$shapr" convert $cell --output cells/obj --format tiff
fails 65 "$shapr" diagrams cells/image/discocyte000002.tif --dimensions 2
fails 65 "${evaluate[@]}" cells/image
mkdir other && cp $cell other/nobody000001.tif
fails 65 "${evaluate[@]}" other
cp cells/image/discocyte000002.tif other
fails 65 "${evaluate[@]}" other
grep -q 'other/discocyte000002.tif' errors || stop "an error without its file: $(cat errors)"
# One NaN in an array of NumPy: the last value of 64 x 64 x 64 float32.
"$shapr" convert run/fold-0/predictions --output nan --format npy > converted.txt
bad=nan/$(ls nan | head -n 1)
printf '\xff\xff\xff\x7f' | dd of="$bad" bs=1 seek=$(($(wc -c < "$bad") - 4)) conv=notrunc status=none
for command in "${evaluate[*]} nan" "$shapr diagrams --no-distances nan" "$shapr downsampling --data nan"; do
  fails 65 $command
  grep -q "$bad.*is NaN" errors || stop "not about NaN: $(cat errors)"
done
head -c 1000 $cell > short.tif
for command in "diagrams" "convert --output out --format npy"; do fails 65 "$shapr" $command short.tif; done
fails 66 "${evaluate[@]}" nothing
fails 66 "$shapr" downsampling --data nothing
fails 66 "$shapr" diagrams nothing.tif
fails 66 "$shapr" convert nothing.tif --output out --format npy
mkdir empty
fails 66 "$shapr" diagrams empty
fails 73 "$shapr" diagrams $cell --output short.tif/out
fails 73 "$shapr" convert $cell --output short.tif --format npy
fails 73 "${evaluate[@]}" copies --output nowhere/scores.csv
echo '{"epoch": 3}' > wrong.json
fails 78 "${evaluate[@]}" copies --settings wrong.json
echo "check-shapr-tools: scored, compared, measured and converted"
