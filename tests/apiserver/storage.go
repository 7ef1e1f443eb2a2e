package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/names"
	fieldpath "sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

type store struct {
	*genericregistry.Store
	short []string
}

func (s store) ShortNames() []string { return s.short }

type statusREST struct{ s *genericregistry.Store }

func (r statusREST) New() runtime.Object { return r.s.NewFunc() }
func (r statusREST) Destroy()            {}
func (r statusREST) Get(ctx context.Context, n string, o *metav1.GetOptions) (runtime.Object, error) {
	return r.s.Get(ctx, n, o)
}
func (r statusREST) Update(ctx context.Context, n string, i rest.UpdatedObjectInfo, cv rest.ValidateObjectFunc,
	uv rest.ValidateObjectUpdateFunc, _ bool, o *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.s.Update(ctx, n, i, cv, uv, false, o)
}
func (r statusREST) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return r.s.ResetFieldsStrategy.GetResetFields()
}
func (r statusREST) ConvertToTable(ctx context.Context, o, t runtime.Object) (*metav1.Table, error) {
	return r.s.ConvertToTable(ctx, o, t)
}

// bindingREST: POST pods/NAME/binding, what a scheduler does.
type bindingREST struct{ s *genericregistry.Store }

func (r bindingREST) New() runtime.Object   { return &corev1.Binding{} }
func (r bindingREST) Destroy()              {}
func (r bindingREST) NamespaceScoped() bool { return true }
func (r bindingREST) Create(ctx context.Context, name string, o runtime.Object, _ rest.ValidateObjectFunc,
	_ *metav1.CreateOptions) (runtime.Object, error) {
	bind := func(_ context.Context, _ runtime.Object, old runtime.Object) (runtime.Object, error) {
		p := old.DeepCopyObject().(*corev1.Pod)
		if p.Spec.NodeName != "" {
			return nil, errors.NewConflict(corev1.Resource("pods/binding"), name,
				fmt.Errorf("pod %s is already assigned to node %q", name, p.Spec.NodeName))
		}
		p.Spec.NodeName = o.(*corev1.Binding).Target.Name
		return p, nil
	}
	_, _, err := r.s.Update(ctx, name, rest.DefaultUpdatedObjectInfo(nil, bind),
		rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	return &metav1.Status{Status: metav1.StatusSuccess}, err
}

func (r bindingREST) ProducesMIMETypes(string) []string { return nil }
func (r bindingREST) ProducesObject(string) interface{} { return metav1.Status{} }

func newStore(k kind, g generic.RESTOptionsGetter) (*genericregistry.Store, *genericregistry.Store) {
	st := strategy{scheme, names.SimpleNameGenerator, k, false}
	gr := k.gv.WithResource(k.plural).GroupResource()
	s := &genericregistry.Store{
		NewFunc: func() runtime.Object { return newOf(k.obj) }, NewListFunc: func() runtime.Object { return newOf(k.list) },
		PredicateFunc: func(l labels.Selector, f fields.Selector) storage.SelectionPredicate {
			return storage.SelectionPredicate{Label: l, Field: f, GetAttrs: attrs}
		},
		DefaultQualifiedResource: gr, SingularQualifiedResource: k.gv.WithResource(k.singular).GroupResource(),
		CreateStrategy: st, UpdateStrategy: st, DeleteStrategy: st, ResetFieldsStrategy: st,
		TableConvertor: rest.NewDefaultTableConvertor(gr),
	}
	if k.plural == "events" {
		s.TTLFunc = func(runtime.Object, uint64, bool) (uint64, error) { return 3600, nil }
	}
	must(s.CompleteWithOptions(&generic.StoreOptions{RESTOptions: g, AttrFunc: attrs}))
	if !k.status {
		return s, nil
	}
	sub := *s
	ss := strategy{scheme, names.SimpleNameGenerator, k, true}
	sub.UpdateStrategy, sub.ResetFieldsStrategy = ss, ss
	return s, &sub
}
