# Does each errand that is put into a folder: runs N.sh, writes what it said to N.out.
cd "$1" || exit 1
while :; do
  for errand in *.sh; do
    [ -e "$errand" ] || continue
    name=${errand%.sh}
    sh "$errand" >"$name.part" 2>&1
    echo "exit $?" >>"$name.part"
    rm "$errand"
    mv "$name.part" "$name.out"
  done
  sleep 0.05
done
