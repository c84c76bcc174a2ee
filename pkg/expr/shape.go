package expr

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var (
	moment    = reflect.TypeFor[time.Time]()
	length    = reflect.TypeFor[time.Duration]()
	jsonNames = types.ParseStructField(jsonName)
)

// typeOf is CEL's type for a Go type.
func typeOf(t reflect.Type) (*cel.Type, error) {
	switch {
	case t == moment:
		return cel.TimestampType, nil
	case t == length:
		return cel.DurationType, nil
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && t.Elem() != moment:
		return typeOf(t.Elem())
	}
	switch t.Kind() {
	case reflect.Bool:
		return cel.BoolType, nil
	case reflect.String:
		return cel.StringType, nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return cel.IntType, nil
	case reflect.Float64:
		return cel.DoubleType, nil
	case reflect.Struct:
		return cel.ObjectType(t.String()), nil
	case reflect.Slice:
		of, err := typeOf(t.Elem())
		if err != nil {
			return nil, err
		}
		return cel.ListType(of), nil
	case reflect.Map:
		key, err := typeOf(t.Key())
		if err != nil {
			return nil, err
		}
		of, err := typeOf(t.Elem())
		if err != nil {
			return nil, err
		}
		return cel.MapType(key, of), nil
	}
	return nil, fmt.Errorf("expressions have no word for %s", t)
}

// walk collects what can be named and the functions of the structs on the way.
type walk struct {
	seen      map[reflect.Type]bool
	fields    []Field
	functions []cel.EnvOption
}

func (w *walk) field(path string, t reflect.Type) error {
	kind, err := typeOf(t)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Struct && t != moment:
		return w.object(path, t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && t.Elem() != moment:
		w.fields = append(w.fields, Field{path, "list"})
		return w.object(path+"[]", t.Elem())
	}
	w.fields = append(w.fields, Field{path, plain(kind)})
	return nil
}

func (w *walk) object(path string, t reflect.Type) error {
	for i := range t.NumField() {
		if name := jsonName(t.Field(i)); name != "-" {
			if err := w.field(path+"."+name, t.Field(i).Type); err != nil {
				return err
			}
		}
	}
	pointer := reflect.PointerTo(t)
	for i := range pointer.NumMethod() {
		m := pointer.Method(i)
		args, result, err := signature(m.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", path, m.Name, err)
		}
		name := snake(m.Name)
		shown := make([]string, len(args))
		for i, a := range args {
			shown[i] = plain(a)
		}
		w.fields = append(w.fields, Field{path + "." + name + "(" + strings.Join(shown, ", ") + ")", plain(result)})
		if !w.seen[t] {
			object := cel.ObjectType(t.String())
			w.functions = append(w.functions, cel.Function(name, cel.MemberOverload(
				strings.ReplaceAll(t.String(), ".", "_")+"_"+name, append([]*cel.Type{object}, args...), result,
				cel.FunctionBinding(call(m, t)))))
		}
	}
	w.seen[t] = true
	return nil
}

// signature are the types of a method's arguments, without the receiver, and of
// its one result.
func signature(m reflect.Type) ([]*cel.Type, *cel.Type, error) {
	if m.NumOut() != 1 {
		return nil, nil, fmt.Errorf("a function of expressions has one result")
	}
	result, err := typeOf(m.Out(0))
	if err != nil {
		return nil, nil, err
	}
	var args []*cel.Type
	for i := 1; i < m.NumIn(); i++ {
		a, err := typeOf(m.In(i))
		if err != nil {
			return nil, nil, err
		}
		args = append(args, a)
	}
	return args, result, nil
}

// call asks a method of *t.
func call(m reflect.Method, t reflect.Type) func(...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		receiver := reflect.ValueOf(args[0].Value())
		if receiver.IsValid() && receiver.Type() == t {
			held := reflect.New(t)
			held.Elem().Set(receiver)
			receiver = held
		}
		if !receiver.IsValid() || receiver.Type() != reflect.PointerTo(t) {
			return types.MaybeNoSuchOverloadErr(args[0])
		}
		in := []reflect.Value{receiver}
		for i, a := range args[1:] {
			v, err := a.ConvertToNative(m.Type.In(i + 1))
			if err != nil {
				return types.WrapErr(err)
			}
			in = append(in, reflect.ValueOf(v))
		}
		return types.DefaultTypeAdapter.NativeToValue(m.Func.Call(in)[0].Interface())
	}
}

// plain names a type in words that also stand in error messages.
func plain(t *cel.Type) string {
	switch t.Kind() {
	case types.DoubleKind:
		return "decimal"
	case types.IntKind:
		return "number"
	case types.StringKind:
		return "text"
	case types.TimestampKind:
		return "time"
	case types.ListKind:
		return "list of " + plain(t.Parameters()[0])
	case types.MapKind:
		return "texts by name"
	case types.BoolKind:
		return "yes or no"
	case types.DurationKind:
		return "duration"
	}
	return t.String()
}

func snake(name string) string {
	var out strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
