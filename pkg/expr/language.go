package expr

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// Bounds of what is compiled and asked.
const (
	MaxSource = 4 << 10 // bytes
	// MaxCost is what one asking may cost. An expression of ten comparisons costs
	// about 30; one that walks a hundred orders with a few of them about 2 000.
	MaxCost   = 200_000
	maxNodes  = 2_000
	maxDepth  = 60
	maxNested = 2   // loops in loops
	maxRegex  = 500 // instructions of a pattern
)

// Language is what expressions over a T may say. It is safe for concurrent use.
type Language[T any] struct {
	env    *cel.Env
	vars   map[string]int // the field of T
	fields []Field
}

// Field is something that an expression can name. A function has its arguments in
// its path: contact.spent_since(timestamp).
type Field struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// For is the language over T, a struct. With names it knows only those of T's
// fields. An error is a mistake in T: a field of a kind that expressions have no
// word for, or a name that T does not have.
func For[T any](names ...string) (*Language[T], error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the scope of an expression is a struct, not %s", t)
	}
	l := &Language[T]{vars: map[string]int{}}
	opts := []cel.EnvOption{
		cel.Types(cel.NativeTypeFor[T](cel.NativeTypeOption(jsonNames))),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxNested), cel.ValidateRegexLiterals(),
			cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	}
	opts = append(opts, builtin...)
	w := walk{seen: map[reflect.Type]bool{}}
	for i := range t.NumField() {
		name := jsonName(t.Field(i))
		if name == "-" || len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		kind, err := typeOf(t.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l.vars[name] = i
		opts = append(opts, cel.Variable(name, kind))
		if err := w.field(name, t.Field(i).Type); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if _, ok := l.vars[name]; !ok {
			return nil, fmt.Errorf("%s has no %s", t, name)
		}
	}
	env, err := cel.NewEnv(append(opts, w.functions...)...)
	if err != nil {
		return nil, fmt.Errorf("language over %s: %w", t, err)
	}
	l.env, l.fields = env, w.fields
	return l, nil
}

// Must is For where a failure is a mistake in the program.
func Must[T any](names ...string) *Language[T] {
	l, err := For[T](names...)
	if err != nil {
		panic(err)
	}
	return l
}

// Fields lists everything that an expression can name, in the order of the
// struct; what stands in a list is written after [].
func (l *Language[T]) Fields() []Field { return slices.Clone(l.fields) }

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "" {
		return "-"
	}
	return name
}
