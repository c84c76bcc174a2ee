package schema_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// source is what the Go files of one package say: its exported types with their
// comments, and the constants of each named string type.
type source struct {
	name  string
	types map[string]*ast.TypeSpec
	docs  map[string]string
	enums map[string][]any
}

func readSource(t *testing.T, name string) *source {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", name, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources of %s: %v", name, err)
	}
	s := &source{name, map[string]*ast.TypeSpec{}, map[string]string{}, map[string][]any{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				s.declare(t, d)
			}
		}
	}
	return s
}

func (s *source) declare(t *testing.T, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			doc := spec.Doc
			if doc == nil {
				doc = d.Doc
			}
			s.types[spec.Name.Name], s.docs[spec.Name.Name] = spec, sentence(doc)
		case *ast.ValueSpec:
			if of, ok := spec.Type.(*ast.Ident); ok && d.Tok == token.CONST {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				s.enums[of.Name] = append(s.enums[of.Name], value)
			}
		}
	}
}

func sentence(doc *ast.CommentGroup) string {
	return strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(doc.Text())), " ")
}

// field is a field of a struct as JSON has it; omitted fields have no name.
func field(f *ast.Field) (name string, optional bool) {
	if f.Tag == nil {
		return "", false
	}
	raw, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", false
	}
	name, rest, _ := strings.Cut(reflect.StructTag(raw).Get("json"), ",")
	if name == "-" {
		name = ""
	}
	return name, strings.Contains(rest, "omitempty")
}
