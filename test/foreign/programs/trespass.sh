# Tries to reach a neighbour's ports past the node with whatever this pod may do to its own network: a route and a
# hardware address of its own, the neighbour's address as its own, an echo request, datagrams.
real=$1 advertised=$2 mac=$3
ip route add "$real" dev eth0 2>&1
ip neigh add "$real" lladdr "$mac" dev eth0 nud permanent 2>&1
python3 /programs/knock.py "$real:9999" "$real:8000"
python3 /programs/datagrams.py "$real" "$advertised" 10.245.255.255
ip neigh del "$real" dev eth0 2>&1
ip route del "$real" dev eth0 2>&1
ip addr add "$real/32" dev lo 2>&1 && {
  curl -s -m 1 --interface "$real" http://10.96.0.10:80/ || echo "nothing as $real"
  ip addr del "$real/32" dev lo
}
exit 0
