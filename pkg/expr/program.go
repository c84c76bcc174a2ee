package expr

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// Program is a condition ready to be asked. It is safe for concurrent use.
type Program[T any] struct {
	run  cel.Program
	vars map[string]int
	uses map[string]bool
	pool sync.Pool
}

// Compile reads a condition. An error is an [Errors], in words for whoever wrote
// the expression and with the place of each mistake.
func (l *Language[T]) Compile(source string) (*Program[T], error) {
	if len(source) > MaxSource {
		return nil, Errors{{Line: 1, Column: 1, Text: fmt.Sprintf("the expression is longer than %d bytes", MaxSource)}}
	}
	tree, issues := l.env.Compile(source)
	if issues.Err() != nil {
		return nil, told(issues.Errors())
	}
	if tree.OutputType().Kind() != types.BoolKind {
		return nil, Errors{{Line: 1, Column: 1, Text: "the expression gives a " + plain(tree.OutputType()) + "; it must say yes or no"}}
	}
	run, err := l.env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(MaxCost),
		cel.InterruptCheckFrequency(100))
	if err != nil {
		return nil, Errors{{Line: 1, Column: 1, Text: err.Error()}}
	}
	p := &Program[T]{run: run, vars: l.vars, uses: paths(tree.NativeRep())}
	p.pool.New = func() any { return &activation{vars: l.vars} }
	return p, nil
}

// Uses reports whether the expression names a variable, or a field or a function
// by its whole path (contact.segments, contact.spent_since), anywhere.
func (p *Program[T]) Uses(path string) bool { return p.uses[path] }

// Holds asks the condition of a value, which it does not keep and does not
// change. Where the asking fails (a division by nought, an index beyond a list,
// more work than [MaxCost], ctx at its end) it is false with the error.
func (p *Program[T]) Holds(ctx context.Context, scope *T) (bool, error) {
	act := p.pool.Get().(*activation)
	act.scope = reflect.ValueOf(scope).Elem()
	out, _, err := p.run.ContextEval(ctx, act)
	act.scope = reflect.Value{}
	p.pool.Put(act)
	if err != nil {
		return false, fmt.Errorf("ask an expression: %w", err)
	}
	return out == types.True, nil
}

// activation hands out the fields of a scope by name.
type activation struct {
	scope reflect.Value
	vars  map[string]int
}

// Parent ends the search for a name.
func (*activation) Parent() cel.Activation { return nil }

// ResolveName is a field of the scope: a struct by its address, which saves the
// copy, and one that is nil as an empty one, so that nothing fails for absence.
func (a *activation) ResolveName(name string) (any, bool) {
	i, ok := a.vars[name]
	if !ok || !a.scope.IsValid() {
		return nil, false
	}
	f := a.scope.Field(i)
	switch {
	case f.Kind() == reflect.Pointer && f.IsNil():
		return reflect.New(f.Type().Elem()).Interface(), true
	case f.Type() == moment:
		return types.Timestamp{Time: f.Interface().(time.Time)}, true
	case f.Kind() == reflect.Struct:
		return f.Addr().Interface(), true
	}
	return f.Interface(), true
}

// paths are the variables and the chains of fields in a tree.
func paths(tree *ast.AST) map[string]bool {
	out := map[string]bool{}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if path := path(e); path != "" {
			out[path] = true
		}
	}))
	return out
}

func path(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if head := path(e.AsSelect().Operand()); head != "" {
			return head + "." + e.AsSelect().FieldName()
		}
	case ast.CallKind: // a function on something
		if c := e.AsCall(); c.IsMemberFunction() {
			if head := path(c.Target()); head != "" {
				return head + "." + c.FunctionName()
			}
		}
	}
	return ""
}
