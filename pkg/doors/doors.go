// Package doors reads which packages a module's files import, and holds that
// against rules, so that a plan of who may know whom stays true. It parses
// source and runs no tool. It is for tests.
package doors

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// File is what one source file says of its surroundings.
type File struct {
	// Path is relative to the module's root, with slashes; Dir is its folder,
	// "." for the root.
	Path, Dir string
	// Package is the name in the package clause, without "_test".
	Package string
	// Test tells a test file.
	Test bool
	// Imports are the paths imported, in order of appearance.
	Imports []string
	// Uses are the qualified names used, such as "os.Getenv": the full import
	// path, a dot, and the name.
	Uses []string
	// Naked lists exported declarations without a comment, and Described tells
	// whether the file carries the package comment.
	Naked     []string
	Described bool
}

// Read parses every Go file below root. It leaves out testdata, vendor, and
// folders that begin with a dot or an underscore, as the go tool does, and
// node_modules, since some npm packages carry Go.
func Read(root string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != root && (name == "testdata" || name == "vendor" || name == "node_modules" || name[0] == '.' || name[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := Parse(filepath.ToSlash(rel), src)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return files, nil
}

// Parse reads one file, given its path relative to the module's root.
func Parse(name string, src []byte) (File, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	f := File{
		Path: name, Dir: path.Dir(name), Package: strings.TrimSuffix(parsed.Name.Name, "_test"),
		Test: strings.HasSuffix(name, "_test.go"), Described: parsed.Doc.Text() != "",
	}
	local := map[string]string{} // name in this file -> import path
	for _, im := range parsed.Imports {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			return File{}, err
		}
		f.Imports = append(f.Imports, p)
		as := path.Base(p)
		if im.Name != nil {
			as = im.Name.Name
		}
		local[as] = p
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && local[x.Name] != "" {
				f.Uses = append(f.Uses, local[x.Name]+"."+sel.Sel.Name)
			}
		}
		return true
	})
	if !f.Test {
		f.Naked = naked(parsed)
	}
	return f, nil
}

// Rule looks at one file and returns what is wrong with it, or "".
type Rule func(File) string

// Check returns every complaint of every rule, each with the file's path.
func Check(files []File, rules ...Rule) []string {
	var complaints []string
	for _, f := range files {
		for _, r := range rules {
			if c := r(f); c != "" {
				complaints = append(complaints, f.Path+": "+c)
			}
		}
	}
	return complaints
}

// Standard tells whether an import path belongs to the standard library: its
// first element has no dot (cmd/go rejects such module paths).
func Standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && importPath != "C"
}

// Within tells whether p is the import path or folder dir, or lies below it.
func Within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// Forbid makes a rule of a test on one import.
func Forbid(why string, bad func(f File, imported string) bool) Rule {
	return func(f File) string {
		for _, im := range f.Imports {
			if bad(f, im) {
				return fmt.Sprintf("imports %s: %s", im, why)
			}
		}
		return ""
	}
}

// Environment is the rule that only a main reads the environment. Tests may.
func Environment(f File) string {
	if f.Test || f.Package == "main" {
		return ""
	}
	for _, u := range f.Uses {
		if slices.Contains([]string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "syscall.Getenv"}, u) {
			return "uses " + u + ": only a main reads the environment"
		}
	}
	return ""
}

// impure are the packages of the standard library through which the world
// gets in.
var impure = []string{"context", "crypto/rand", "database/sql", "io/fs", "io/ioutil", "log", "math/rand", "net",
	"os", "plugin", "runtime", "sync", "syscall", "testing", "unsafe"}

// innocent are those below an impure one that only compute.
var innocent = []string{"net/mail", "net/netip", "net/textproto", "net/url"}

// Pure makes the rule for rooms that only compute: besides the standard
// library they import only what lies within allowed, and neither a clock nor a
// random source, a context, a logger, a lock or the network. Their tests may.
func Pure(rooms []string, allowed string) Rule {
	return func(f File) string {
		if f.Test || !slices.ContainsFunc(rooms, func(r string) bool { return Within(f.Dir, r) }) {
			return ""
		}
		for _, im := range f.Imports {
			below := slices.ContainsFunc(impure, func(p string) bool { return Within(im, p) })
			if !Standard(im) && !Within(im, allowed) || below && !slices.Contains(innocent, im) {
				return "imports " + im + ": the room is pure"
			}
		}
		for _, u := range f.Uses {
			if slices.Contains([]string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After",
				"time.AfterFunc", "time.Tick", "time.NewTimer", "time.NewTicker", "time.LoadLocation", "time.Local"}, u) {
				return "uses " + u + ": the room is pure"
			}
		}
		return ""
	}
}

// Documented is the rule that every exported declaration has a comment.
func Documented(f File) string {
	if len(f.Naked) == 0 || f.Package == "main" {
		return ""
	}
	return "no comment on " + strings.Join(f.Naked, ", ")
}

// Undescribed returns the folders whose package has no package comment.
func Undescribed(files []File) []string {
	described := map[string]bool{}
	for _, f := range files {
		if !f.Test {
			described[f.Dir] = described[f.Dir] || f.Described
		}
	}
	var dirs []string
	for dir, ok := range described {
		if !ok {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}
