package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// limitedPackages returns the directories of the packages that an agent and its commands consist of.
func limitedPackages(t *testing.T) (dirs []string) {
	t.Helper()
	for _, top := range []string{"agent", "broadcast", "cmd/serf", "eventbus", "membership", "swim", "transport"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !d.IsDir():
				return nil
			case slices.Contains([]string{"testdata", "memnet", "demo", "dist"}, d.Name()):
				return fs.SkipDir
			}
			dir, err := filepath.Rel("../..", path)
			dirs = append(dirs, filepath.ToSlash(dir))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

var constantsOf = map[string]map[string]ast.Expr{} // by directory

// constantsIn returns what the constants of a package are declared to be, by their names, and the defaults that it gives to fields,
// by those of type and field.
func constantsIn(t *testing.T, dir string) map[string]ast.Expr {
	t.Helper()
	if known := constantsOf[dir]; known != nil {
		return known
	}
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]ast.Expr{}
	positions := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if g, is := d.(*ast.GenDecl); is && g.Tok == token.CONST {
				addConstants(found, g)
			}
		}
		ast.Inspect(tree, func(n ast.Node) bool { addDefaults(found, n); return true })
	}
	constantsOf[dir] = found
	return found
}

func addConstants(found map[string]ast.Expr, g *ast.GenDecl) {
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		for i, name := range v.Names {
			if i < len(v.Values) {
				found[name.Name] = v.Values[i]
			}
		}
	}
}

// addDefaults takes up Type{Field: literal} and setDefault(&config.Field, literal), where it is a Config of some kind.
func addDefaults(found map[string]ast.Expr, n ast.Node) {
	add := func(name string, value ast.Expr) {
		if _, err := evaluate(nil, value); err == nil {
			found[name] = value
		}
	}
	switch n := n.(type) {
	case *ast.CompositeLit:
		of, named := n.Type.(*ast.Ident)
		if !named || !strings.HasSuffix(of.Name, "Config") {
			return
		}
		for _, e := range n.Elts {
			if kv, is := e.(*ast.KeyValueExpr); is {
				if field, is := kv.Key.(*ast.Ident); is {
					add(of.Name+"."+field.Name, kv.Value)
				}
			}
		}
	case *ast.CallExpr:
		if f, is := n.Fun.(*ast.Ident); !is || f.Name != "setDefault" || len(n.Args) != 2 {
			return
		}
		if pointer, is := n.Args[0].(*ast.UnaryExpr); is {
			if field, is := pointer.X.(*ast.SelectorExpr); is {
				add("ServerConfig."+field.Sel.Name, n.Args[1])
			}
		}
	}
}

// constantOf returns the value of a constant or default of a package.
func constantOf(t *testing.T, dir, name string) (constant.Value, error) {
	t.Helper()
	resolve := func(of, name string) ast.Expr {
		for _, d := range limitedPackages(t) {
			if d == dir && of == "" || of != "" && filepath.Base(d) == of {
				if e := constantsIn(t, d)[name]; e != nil {
					return e
				}
			}
		}
		return nil
	}
	e := resolve("", name)
	if e == nil {
		return nil, fmt.Errorf("package %s has no constant %s", dir, name)
	}
	return evaluate(resolve, e)
}

// libraryConstants are those of the Go library that limits are written with.
var libraryConstants = map[string]int64{
	"time.Millisecond": int64(time.Millisecond), "time.Second": int64(time.Second), "time.Minute": int64(time.Minute),
	"time.Hour": int64(time.Hour), "math.MaxUint16": math.MaxUint16,
}

// resolver returns what a name of a package, empty for the expression's own, stands for, or nil.
type resolver func(of, name string) ast.Expr

// evaluate returns the value of a constant expression, with names if resolve is not nil.
func evaluate(resolve resolver, e ast.Expr) (constant.Value, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.INT || e.Kind == token.FLOAT {
			return constant.MakeFromLiteral(e.Value, e.Kind, 0), nil
		}
	case *ast.ParenExpr:
		return evaluate(resolve, e.X)
	case *ast.BinaryExpr:
		return evaluateBinary(resolve, e)
	case *ast.Ident:
		return evaluateName(resolve, "", e.Name)
	case *ast.SelectorExpr:
		of, _ := e.X.(*ast.Ident)
		if of == nil {
			break
		}
		if v, known := libraryConstants[of.Name+"."+e.Sel.Name]; known {
			return constant.MakeInt64(v), nil
		}
		return evaluateName(resolve, of.Name, e.Sel.Name)
	}
	return nil, fmt.Errorf("%T is no constant expression", e)
}

func evaluateName(resolve resolver, of, name string) (constant.Value, error) {
	if resolve != nil {
		if e := resolve(of, name); e != nil {
			return evaluate(resolve, e)
		}
	}
	return nil, fmt.Errorf("%s is no known constant", name)
}

func evaluateBinary(resolve resolver, e *ast.BinaryExpr) (constant.Value, error) {
	x, err := evaluate(resolve, e.X)
	if err != nil {
		return nil, err
	}
	y, err := evaluate(resolve, e.Y)
	if err != nil {
		return nil, err
	}
	op := e.Op
	switch {
	case op == token.SHL:
		n, _ := constant.Uint64Val(y)
		return constant.Shift(x, op, uint(n)), nil
	case op == token.QUO && x.Kind() == constant.Int && y.Kind() == constant.Int:
		op = token.QUO_ASSIGN // of whole numbers
	case op != token.ADD && op != token.SUB && op != token.MUL && op != token.QUO:
		return nil, fmt.Errorf("operator %v", op)
	}
	return constant.BinaryOp(x, op, y), nil
}
