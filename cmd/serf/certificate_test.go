package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// certificateCommand writes NAME.crt and NAME.key, a certificate for the host of that name that has signed itself: certificate NAME...
func certificateCommand(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		ts.Check(err)
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
		ts.Check(err)
		key, err := x509.MarshalPKCS8PrivateKey(private)
		ts.Check(err)
		for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: cert}, ".key": {Type: "PRIVATE KEY", Bytes: key}} {
			ts.Check(os.WriteFile(ts.MkAbs(name+file), pem.EncodeToMemory(block), 0o600))
		}
	}
}
