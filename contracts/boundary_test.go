package contracts_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What crosses a border imports only the standard library, tests included, and
// says what it means: every exported declaration and package has a comment.
func TestDoors(t *testing.T) {
	described := map[string]bool{}
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		complaints, doc, err := inspect(path, src)
		for _, c := range complaints {
			t.Errorf("%s: %s", path, c)
		}
		if dir := filepath.Dir(path); !strings.HasSuffix(path, "_test.go") {
			described[dir] = described[dir] || doc
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 2 {
		t.Fatal("no sources found beside this one")
	}
	for dir, ok := range described {
		if !ok {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

func TestDoorsCanBeShut(t *testing.T) {
	for src, want := range map[string]string{
		`package p; import _ "github.com/nats-io/nats.go"`:                  "nats.go",
		`package p; import _ "github.com/tributary-inbox/tributary/pkg/id"`: "pkg/id",
		`package p; import "os"; var v = os.Getenv("V")`:                    "environment",
		`package p; type T int`:                                             "T",
		`package p; func F() {}`:                                            "F",
		"package p\n// T is.\ntype T int\nfunc (t *T) M() {}":               "M",
		"package p\nconst (\n\tA = 1 // A is\n\tB = 2\n)":                   "B",
		"package p\n// All.\nconst (\n\tA = 1\n\tB = 2\n)\nfunc f() {}":     "",
		`package p; import _ "encoding/json"`:                               "",
	} {
		got, _, err := inspect("p.go", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%q gave %q, want %q", src, got, want)
		}
	}
}

// inspect returns what is wrong with a file, and whether it has a package
// comment.
func inspect(path string, src []byte) (complaints []string, described bool, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments)
	if err != nil {
		return nil, false, err
	}
	for _, im := range file.Imports {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			return nil, false, err
		}
		own := strings.HasPrefix(p, "github.com/tributary-inbox/tributary/contracts/")
		if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") && !own {
			complaints = append(complaints, "imports "+p+": contracts import only the standard library")
		}
	}
	if strings.HasSuffix(path, "_test.go") {
		return complaints, false, nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"os.Getenv", "os.LookupEnv", "os.Environ"}, fmt.Sprint(s.X, ".", s.Sel)) {
			complaints = append(complaints, "reads the environment")
		}
		return true
	})
	for _, d := range file.Decls {
		for _, name := range naked(d) {
			complaints = append(complaints, "no comment on "+name)
		}
	}
	return complaints, file.Doc.Text() != "", nil
}

func naked(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc.Text() == "" && exportedReceiver(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc.Text()+d.Doc.Text() == "" {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Doc.Text()+s.Comment.Text()+d.Doc.Text() == "" {
					names = append(names, s.Names[0].Name)
				}
			}
		}
	}
	return names
}

// exportedReceiver is false for methods of types that nobody outside can name.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}
