# shellcheck shell=bash
# A lab's certificates and kubeconfigs, made once in the directory PKI. Elliptic curves: a certificate takes milliseconds.

make_ca() {
    [ ! -e "$PKI/$1.crt" ] || return 0
    openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"
    openssl req -x509 -new -key "$PKI/$1.key" -subj "/CN=$1" -days 3650 -out "$PKI/$1.crt" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}

# make_cert NAME CA SUBJECT serverAuth|clientAuth [ALTERNATIVE NAMES]
make_cert() {
    [ ! -e "$PKI/$1.crt" ] || return 0
    openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"
    openssl req -new -key "$PKI/$1.key" -subj "$3" -out "$PKI/$1.csr"
    {
        echo "keyUsage=critical,digitalSignature,keyEncipherment"
        echo "extendedKeyUsage=$4"
        [ -z "${5:-}" ] || echo "subjectAltName=$5"
    } >"$PKI/$1.ext"
    openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2.crt" -CAkey "$PKI/$2.key" -CAcreateserial -days 3650 \
        -extfile "$PKI/$1.ext" -out "$PKI/$1.crt" 2>/dev/null
    rm -f "$PKI/$1.csr" "$PKI/$1.ext"
}

make_pki() {
    local loopback=IP:127.0.0.1,DNS:localhost
    make_ca ca
    make_ca front-proxy-ca
    make_cert apiserver ca /CN=kube-apiserver serverAuth "$loopback,DNS:kubernetes,DNS:kubernetes.default.svc"
    make_cert aggregated ca /CN=bridge serverAuth "$loopback"
    make_cert kubelet ca /O=system:nodes/CN=system:node:lab serverAuth "$loopback"
    make_cert proxy ca /CN=fault-proxy serverAuth "$loopback"
    make_cert front-proxy front-proxy-ca /CN=front-proxy-client clientAuth
    make_cert admin ca /O=system:masters/CN=admin clientAuth
    make_cert alice ca /O=team-a/CN=alice clientAuth
    make_cert bridge ca "/CN=system:serviceaccount:$BRIDGE_ACCOUNT" clientAuth
}

# make_kubeconfig USER URL
make_kubeconfig() {
    cat >"$PKI/$1.kubeconfig" <<E
apiVersion: v1
kind: Config
clusters:
- name: lab
  cluster:
    server: $2
    certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "$PKI/$1.crt")
    client-key-data: $(base64 -w0 "$PKI/$1.key")
contexts:
- name: lab
  context: {cluster: lab, user: $1}
current-context: lab
E
    chmod 600 "$PKI/$1.kubeconfig"
}
