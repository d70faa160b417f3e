package rpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serf/agent/journal"
)

// authority makes certificates for one test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.issue(t, "ca")
	return a
}

// file returns where the certificate (crt) or the key called name lies.
func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// files returns a pair with the authority that the other side must have.
func (a *authority) files(name string) TLSFiles {
	return TLSFiles{Cert: a.file(name + ".crt"), Key: a.file(name + ".key"), CA: a.file("ca.crt")}
}

// issue makes name.crt and name.key, for 127.0.0.1 and the host name; the first one is the authority itself.
func (a *authority) issue(t testing.TB, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: a.cert == nil,
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file(name+".crt"), "CERTIFICATE", der)
	writePEM(t, a.file(name+".key"), "PRIVATE KEY", keyDER)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// startTLSServer serves backend over TLS with files until the test ends.
func startTLSServer(t *testing.T, files TLSFiles, failed func(error), backend Backend, cfg ServerConfig) (addr string) {
	t.Helper()
	settings, err := files.Server(failed)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Listen(ListenOptions{Addr: "127.0.0.1:0", TLS: settings})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ln, backend, cfg)
	return ln.Addr().String()
}

// dialTLS returns the members that the agent at addr shows to a client with files.
func dialTLS(t *testing.T, addr string, files TLSFiles, serverName string) (members int, err error) {
	t.Helper()
	settings, err := files.Client(serverName)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(t.Context(), Options{Addr: addr, AuthKey: "k", TLS: settings})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	list, err := c.Members(t.Context())
	return len(list), err
}

func TestAgentIsReachedOverTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "agent")
	files := a.files("agent")
	files.CA = "" // clients need no certificate
	addr := startTLSServer(t, files, nil, &fakeBackend{members: manyMembers(2000)}, ServerConfig{AuthKey: "k"})
	for _, name := range []string{"", "agent"} {
		if n, err := dialTLS(t, addr, TLSFiles{CA: a.file("ca.crt")}, name); n != 2000 || err != nil {
			t.Errorf("server name %q: got %d members, %v, want 2000", name, n, err)
		}
	}
	_, err := dialTLS(t, addr, TLSFiles{CA: a.file("ca.crt")}, "other")
	if err == nil || !strings.Contains(err.Error(), "TLS with "+addr) || !strings.Contains(err.Error(), "not other") {
		t.Errorf("wrong server name: got %v", err)
	}
	_, err = dialTLS(t, addr, TLSFiles{CA: newAuthority(t).file("ca.crt")}, "")
	if err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("wrong authority: got %v", err)
	}
	old, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err == nil {
		_ = old.Close()
		t.Error("TLS 1.2 was accepted")
	}
}

func TestClientsAreAskedForACertificate(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "agent")
	a.issue(t, "client")
	log := journal.New(journal.Options{})
	addr := startTLSServer(t, a.files("agent"), nil, &fakeBackend{members: manyMembers(1)}, ServerConfig{AuthKey: "k", Log: log})
	if n, err := dialTLS(t, addr, a.files("client"), ""); n != 1 || err != nil {
		t.Errorf("with a certificate: got %d members, %v", n, err)
	}
	_, err := dialTLS(t, addr, TLSFiles{CA: a.file("ca.crt")}, "")
	if want := "remote error: tls: certificate required"; errorText(err) != want {
		t.Errorf("without a certificate: got %v, want %s", err, want)
	}
	wantLog(t, log, "TLS failed: tls: client didn't provide a certificate")
}

func TestPlainAndTLSDoNotHangOnEachOther(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "agent")
	log := journal.New(journal.Options{})
	addr := startTLSServer(t, a.files("agent"), nil, &fakeBackend{}, ServerConfig{Log: log})
	if _, err := Dial(t.Context(), Options{Addr: addr}); errorText(err) != textTLSRequired {
		t.Errorf("plain client: got %v, want %s", err, textTLSRequired)
	}
	wantLog(t, log, "TLS failed: tls: first record does not look like a TLS handshake")
	_, plain := startServer(t, &fakeBackend{}, ServerConfig{})
	if _, err := dialTLS(t, plain, TLSFiles{CA: a.file("ca.crt")}, ""); err == nil {
		t.Error("plain agent: served over TLS")
	}
}

func TestSilentTLSClientIsClosedInTime(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "agent")
	log := journal.New(journal.Options{})
	addr := startTLSServer(t, a.files("agent"), nil, &fakeBackend{}, ServerConfig{Log: log, LoginTimeout: 50 * time.Millisecond})
	nc := dialRaw(t, addr)
	if _, err := io.ReadAll(nc); err != nil {
		t.Errorf("got %v, want the end", err)
	}
	wantLog(t, log, "has not logged in in time")
}

func TestRenewedCertificateIsUsedForTheNextClient(t *testing.T) {
	old, a := newAuthority(t), newAuthority(t)
	old.issue(t, "agent")
	failed := make(chan error, 1)
	files := TLSFiles{Cert: old.file("agent.crt"), Key: old.file("agent.key")}
	addr := startTLSServer(t, files, func(err error) { failed <- err }, &fakeBackend{members: manyMembers(1)}, ServerConfig{AuthKey: "k"})
	if _, err := dialTLS(t, addr, TLSFiles{CA: old.file("ca.crt")}, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files.Cert, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dialTLS(t, addr, TLSFiles{CA: old.file("ca.crt")}, ""); err != nil {
		t.Errorf("while the file is bad: got %v, want the old certificate", err)
	}
	if err := <-failed; !strings.Contains(err.Error(), files.Cert) {
		t.Errorf("got %v, want the file in it", err)
	}
	a.issue(t, "agent")
	for from, to := range map[string]string{a.file("agent.key"): files.Key, a.file("agent.crt"): files.Cert} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dialTLS(t, addr, TLSFiles{CA: a.file("ca.crt")}, ""); err != nil {
		t.Errorf("after the renewal: %v", err)
	}
}

func TestBadTLSFilesAreNamed(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "agent")
	a.issue(t, "other")
	bad := a.file("bad")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := func(f TLSFiles) error { _, err := f.Server(nil); return err }
	client := func(f TLSFiles) error { _, err := f.Client(""); return err }
	tests := []struct {
		err  error
		want string
	}{
		{server(TLSFiles{Cert: bad}), "a certificate needs its key"},
		{server(TLSFiles{Cert: a.file("none"), Key: bad}), "no such file"},
		{server(TLSFiles{Cert: bad, Key: bad}), bad},
		{server(TLSFiles{Cert: a.file("agent.crt"), Key: a.file("other.key")}), "private key does not match"},
		{server(TLSFiles{Cert: a.file("agent.crt"), Key: a.file("agent.key"), CA: bad}), bad + " holds no certificate"},
		{client(TLSFiles{CA: bad}), bad + " holds no certificate"},
		{client(TLSFiles{CA: a.file("ca.crt"), Key: a.file("agent.key")}), "a certificate needs its key"},
	}
	for i, test := range tests {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%d: got %v, want %q", i, test.err, test.want)
		}
	}
	settings, err := a.files("agent").Server(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(ListenOptions{Addr: "unix:///tmp/x", TLS: settings}); err != errSocketTLS {
		t.Errorf("TLS over a Unix socket: got %v, want %v", err, errSocketTLS)
	}
}
