package main

import (
	"context"

	authnv1 "k8s.io/api/authentication/v1"
	authzv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// review: a kind that is only created, to be answered; nothing is stored.
type review struct {
	singular string
	kind     runtime.Object
	answer   func(context.Context, runtime.Object) error
}

var _ rest.Creater = review{}

func (r review) New() runtime.Object     { return newOf(r.kind) }
func (r review) Destroy()                {}
func (r review) NamespaceScoped() bool   { return false }
func (r review) GetSingularName() string { return r.singular }
func (r review) Create(ctx context.Context, o runtime.Object, _ rest.ValidateObjectFunc, _ *metav1.CreateOptions) (
	runtime.Object, error) {
	return o, r.answer(ctx, o)
}

// reviews: who may do what, and who am I.
func reviews(authz authorizer.Authorizer) map[schema.GroupVersion]map[string]rest.Storage {
	return map[schema.GroupVersion]map[string]rest.Storage{
		authzv1.SchemeGroupVersion: {
			"subjectaccessreviews": review{"subjectaccessreview", &authzv1.SubjectAccessReview{},
				func(ctx context.Context, o runtime.Object) error {
					r := o.(*authzv1.SubjectAccessReview)
					if r.Spec.User == "" && len(r.Spec.Groups) == 0 {
						return errors.NewBadRequest("spec.user or spec.groups is needed")
					}
					who := &user.DefaultInfo{Name: r.Spec.User, UID: r.Spec.UID, Groups: r.Spec.Groups}
					r.Status = decide(ctx, authz, who, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
					return nil
				}},
			"selfsubjectaccessreviews": review{"selfsubjectaccessreview", &authzv1.SelfSubjectAccessReview{},
				func(ctx context.Context, o runtime.Object) error {
					r := o.(*authzv1.SelfSubjectAccessReview)
					who, _ := request.UserFrom(ctx)
					r.Status = decide(ctx, authz, who, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
					return nil
				}},
		},
		authnv1.SchemeGroupVersion: {
			"selfsubjectreviews": review{"selfsubjectreview", &authnv1.SelfSubjectReview{},
				func(ctx context.Context, o runtime.Object) error {
					who, _ := request.UserFrom(ctx)
					o.(*authnv1.SelfSubjectReview).Status.UserInfo = authnv1.UserInfo{
						Username: who.GetName(), UID: who.GetUID(), Groups: who.GetGroups()}
					return nil
				}},
		},
	}
}

func decide(ctx context.Context, authz authorizer.Authorizer, who user.Info,
	res *authzv1.ResourceAttributes, path *authzv1.NonResourceAttributes) authzv1.SubjectAccessReviewStatus {
	a := authorizer.AttributesRecord{User: who}
	switch {
	case res != nil:
		a.ResourceRequest = true
		a.Verb, a.Namespace, a.Name = res.Verb, res.Namespace, res.Name
		a.APIGroup, a.APIVersion, a.Resource, a.Subresource = res.Group, res.Version, res.Resource, res.Subresource
	case path != nil:
		a.Verb, a.Path = path.Verb, path.Path
	}
	decision, reason, err := authz.Authorize(ctx, a)
	status := authzv1.SubjectAccessReviewStatus{Allowed: decision == authorizer.DecisionAllow, Reason: reason}
	if err != nil {
		status.EvaluationError = err.Error()
	}
	return status
}

func registerReviews() {
	for gv, storages := range reviews(nil) {
		hub := schema.GroupVersion{Group: gv.Group, Version: runtime.APIVersionInternal}
		for _, s := range storages {
			scheme.AddKnownTypes(hub, s.New())
		}
		must(scheme.SetVersionPriority(gv))
	}
}

func installReviews(srv *genericapiserver.GenericAPIServer, authz authorizer.Authorizer) {
	for gv, storages := range reviews(authz) {
		gi := genericapiserver.NewDefaultAPIGroupInfo(gv.Group, scheme, runtime.NewParameterCodec(scheme), codecs)
		gi.PrioritizedVersions = []schema.GroupVersion{gv}
		gi.VersionedResourcesStorageMap[gv.Version] = storages
		must(srv.InstallAPIGroup(&gi))
	}
}
