package wording

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms are where refusals are made that can reach REST, seen from here.
var rooms = []string{
	"../api", "../ask", "../auth", "../desk", "../session", "../server", "../visit",
	"../../router", "../../inbox/answers", "../../inbox/store", "../../automation/work",
	"../../../contracts/config", "../../../contracts/queries",
}

// asErrors are the rooms whose plain errors are shown to who asked.
var asErrors = []string{"../auth", "../../../contracts/config", "../../../contracts/queries"}

// refusers are the functions that make a refusal, by which argument holds its words.
var refusers = map[string]int{
	"refuse": 1, "Refuse": 2, "invalid": 0, "refusal": 1, "dryRefusal": 1, "problem": -1, "badQuestion": 0,
}

var place = regexp.MustCompile(`%[+#]?[sdvqwxT]|%\.?[0-9]*[fdsg]`)

// said are all refusals in the sources, as the catalogue writes them, with where one
// was found.
func said(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, room := range rooms {
		if _, err := os.Stat(room); err != nil {
			t.Fatal(err)
		}
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			plain := slices.ContainsFunc(asErrors, func(dir string) bool { return strings.HasPrefix(path, dir+"/") })
			ast.Inspect(file, func(n ast.Node) bool {
				for _, words := range wordsOf(n, plain) {
					if s, ok := template(words); ok && strings.Trim(s, "%s: ()") != "" {
						out[s] = set.Position(n.Pos()).String()
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// wordsOf are the expressions in a node that become what a refusal says.
func wordsOf(n ast.Node, plain bool) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		name, of := called(n)
		if plain && (of == "errors" && name == "New" || of == "fmt" && name == "Errorf") {
			return n.Args[:1]
		}
		switch at, ok := refusers[name]; {
		case !ok:
		case at == -1 && len(n.Args) > 1:
			return n.Args[1:]
		case at >= 0 && len(n.Args) > at:
			return n.Args[at : at+1]
		}
		if name == "garbage" || name == "fail" {
			return n.Args[len(n.Args)-1:]
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Detail" {
			return []ast.Expr{n.Value}
		}
	case *ast.AssignStmt: // p.Status, p.Detail = …, "…"
		for i, to := range n.Lhs {
			if sel, ok := to.(*ast.SelectorExpr); ok && sel.Sel.Name == "Detail" && len(n.Rhs) == len(n.Lhs) {
				return []ast.Expr{n.Rhs[i]}
			}
		}
	}
	return nil
}

func called(call *ast.CallExpr) (name, of string) {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun.Name, ""
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok {
			return fun.Sel.Name, x.Name
		}
		return fun.Sel.Name, ""
	}
	return "", ""
}

// template is an expression of fixed text and places; false where it holds no text.
func template(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return strings.ReplaceAll(place.ReplaceAllString(s, "%s"), "%%", "%"), err == nil
	case *ast.BinaryExpr:
		left, a := template(e.X)
		right, b := template(e.Y)
		if !a {
			left = "%s"
		}
		if !b {
			right = "%s"
		}
		return left + right, a || b
	case *ast.CallExpr:
		if name, of := called(e); of == "fmt" && name == "Sprintf" && len(e.Args) > 0 {
			return template(e.Args[0])
		}
	case *ast.ParenExpr:
		return template(e.X)
	}
	return "", false
}

// notShown are sentences that the walk finds and nobody is shown.
var notShown = map[string]bool{
	// wrapped failures of our own, which are answered as "something went wrong"
	"check password: %s": true, "hash password: %s": true, "store session: %s": true, "end session: %s": true, "delete ended session: %s": true,
	"make administrator: %s": true, "make administrator: password is over %s bytes": true,
	// the reason that stands at a message, not a refusal
	"decided by a person": true,
}

// To see it fail, write a refusal of a new sentence anywhere in the rooms, or take one
// out of the catalogue.
func TestEveryRefusalHasKorean(t *testing.T) {
	all := said(t)
	ours := newCatalogue(koreanFields, koreanGateway, koreanRouter, koreanSettings) // without the broad forms of the channels
	if len(all) < 200 {
		t.Fatalf("the walk finds only %d refusals", len(all))
	}
	for _, s := range slices.Sorted(maps.Keys(all)) {
		if _, known := ours.say(strings.ReplaceAll(s, "%s", "7"), maxDepth); !known && !notShown[s] {
			t.Errorf("%s: %q has no Korean", all[s], s)
		}
	}
}
