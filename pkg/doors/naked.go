package doors

import "go/ast"

// naked lists the exported declarations of a file without a comment. A group
// of constants or variables may be covered by the comment on the group, a
// single one also by a comment at the end of its line.
func naked(file *ast.File) []string {
	var list []string
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc.Text() == "" && d.Name.IsExported() && exportedReceiver(d) {
				list = append(list, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				list = append(list, nakedSpec(s, d)...)
			}
		}
	}
	return list
}

func nakedSpec(s ast.Spec, group *ast.GenDecl) []string {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc.Text() == "" && group.Doc.Text() == "" {
			return []string{s.Name.Name}
		}
	case *ast.ValueSpec:
		if s.Doc.Text() != "" || s.Comment.Text() != "" || group.Doc.Text() != "" {
			return nil
		}
		for _, n := range s.Names {
			if n.IsExported() {
				return []string{n.Name}
			}
		}
	}
	return nil
}

// exportedReceiver is true for functions, and for methods of exported types:
// others cannot be seen in the documentation.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}
