package main

import (
	"context"
	"reflect"

	admv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage/names"
	fieldpath "sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// strategy: what every kind does on create and update; sub is true for the status subresource.
type strategy struct {
	runtime.ObjectTyper
	names.NameGenerator
	k   kind
	sub bool
}

func (s strategy) NamespaceScoped() bool { return s.k.namespaced }
func (s strategy) PrepareForCreate(_ context.Context, o runtime.Object) {
	m, _ := meta.Accessor(o)
	m.SetGeneration(1)
	if p, ok := o.(*corev1.Pod); ok {
		defaultPod(p)
	} else if _, node := o.(*corev1.Node); s.k.status && !node {
		fieldOf(o, "Status").SetZero()
	}
	if v, ok := o.(*admv1.ValidatingAdmissionPolicy); ok {
		defaultPolicy(v)
	}
	if n, ok := o.(*corev1.Namespace); ok {
		n.Status.Phase = corev1.NamespaceActive
	}
}
func (s strategy) Validate(context.Context, runtime.Object) field.ErrorList  { return nil }
func (s strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }
func (s strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
func (s strategy) Canonicalize(runtime.Object)    {}
func (s strategy) AllowCreateOnUpdate() bool      { return s.k.plural == "leases" && !s.sub }
func (s strategy) AllowUnconditionalUpdate() bool { return true }
func (s strategy) PrepareForUpdate(_ context.Context, o, old runtime.Object) {
	m, _ := meta.Accessor(o)
	om, _ := meta.Accessor(old)
	m.SetGeneration(om.GetGeneration())
	if s.sub {
		st := reflect.ValueOf(o).Elem().FieldByName("Status").Interface()
		mf := m.GetManagedFields()
		rv := m.GetResourceVersion()
		reflect.ValueOf(o).Elem().Set(reflect.ValueOf(old.DeepCopyObject()).Elem())
		fieldOf(o, "Status").Set(reflect.ValueOf(st))
		m, _ = meta.Accessor(o)
		m.SetManagedFields(mf)
		m.SetResourceVersion(rv)
		return
	}
	if s.k.status {
		fieldOf(o, "Status").Set(fieldOf(old, "Status"))
	}
	if a, b := fieldOf(o, "Spec"), fieldOf(old, "Spec"); a.IsValid() && !reflect.DeepEqual(a.Interface(), b.Interface()) {
		m.SetGeneration(om.GetGeneration() + 1)
	}
}
func (s strategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}
func (s strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	if !s.k.status {
		return nil
	}
	v := fieldpath.APIVersion(s.k.gv.String())
	if s.sub {
		return map[fieldpath.APIVersion]*fieldpath.Set{
			v: fieldpath.NewSet(fieldpath.MakePathOrDie("spec"), fieldpath.MakePathOrDie("metadata"))}
	}
	return map[fieldpath.APIVersion]*fieldpath.Set{v: fieldpath.NewSet(fieldpath.MakePathOrDie("status"))}
}
