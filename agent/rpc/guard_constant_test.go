package rpc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// No test can measure that a comparison takes the same time for all keys. This one holds that there is only one comparison, that of
// digests by crypto/subtle: a key, or its digest, is an operand of no other, and is handed to no function that compares.
func TestKeysAreComparedInConstantTimeOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	compared, positions := 0, token.NewFileSet()
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "client") {
			continue
		}
		file, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"AuthKey", "digest"}
		if path == "guard.go" { // elsewhere that is the name of a field
			names = append(names, "key")
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && !isEmptyText(n.Y) && (isSecret(names, n.X) || isSecret(names, n.Y)) {
					t.Errorf("%v: a key is compared by %v", positions.Position(n.Pos()), n.Op)
				}
			case *ast.CallExpr:
				name := calledName(n)
				if name == "subtle.ConstantTimeCompare" {
					compared++
				} else if comparing(name) && (isSecret(names, n.Args[0]) || isSecret(names, n.Args[1])) {
					t.Errorf("%v: a key is compared by %s", positions.Position(n.Pos()), name)
				}
			case *ast.SwitchStmt:
				if n.Tag != nil && isSecret(names, n.Tag) {
					t.Errorf("%v: a key is compared by a switch", positions.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if compared != 1 {
		t.Errorf("keys are compared in constant time in %d places, want 1", compared)
	}
}

// isSecret reports whether an expression has one of the names of a key or of a digest of one, or is a part of it.
func isSecret(names []string, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return slices.Contains(names, e.Name)
	case *ast.SelectorExpr:
		return isSecret(names, e.Sel)
	case *ast.SliceExpr:
		return isSecret(names, e.X)
	case *ast.IndexExpr:
		return isSecret(names, e.X)
	case *ast.CallExpr:
		return len(e.Args) == 1 && isSecret(names, e.Args[0]) && calledName(e) != "len"
	}
	return false
}

func isEmptyText(e ast.Expr) bool {
	lit, is := e.(*ast.BasicLit)
	return is && lit.Value == `""`
}

// calledName returns the name of what is called, with its package.
func calledName(c *ast.CallExpr) string {
	if s, is := c.Fun.(*ast.SelectorExpr); is {
		if x, is := s.X.(*ast.Ident); is {
			return x.Name + "." + s.Sel.Name
		}
	}
	if i, is := c.Fun.(*ast.Ident); is {
		return i.Name
	}
	return ""
}

// comparing reports whether a function compares its two arguments in a time that depends on them.
func comparing(name string) bool {
	switch name {
	case "bytes.Equal", "bytes.Compare", "bytes.HasPrefix", "strings.Compare", "strings.EqualFold", "strings.HasPrefix", "slices.Equal",
		"slices.Compare", "reflect.DeepEqual", "hmac.Equal":
		return true
	}
	return false
}
