package main

import (
	"context"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/client-go/informers"
	listers "k8s.io/client-go/listers/rbac/v1"
)

// rbacAuthorizer decides by the stored Role, ClusterRole and binding objects. Aggregated cluster roles are not expanded.
type rbacAuthorizer struct {
	roles           listers.RoleLister
	bindings        listers.RoleBindingLister
	clusterRoles    listers.ClusterRoleLister
	clusterBindings listers.ClusterRoleBindingLister
}

// newAuthorizer: system:masters may do all, everybody who is known may read what discovery needs, RBAC decides the rest.
func newAuthorizer(shared informers.SharedInformerFactory) authorizer.Authorizer {
	r := shared.Rbac().V1()
	return union.New(
		authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup),
		authorizer.AuthorizerFunc(basics),
		rbacAuthorizer{
			r.Roles().Lister(), r.RoleBindings().Lister(), r.ClusterRoles().Lister(), r.ClusterRoleBindings().Lister()})
}

var openPaths = []string{"/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz"}

// basics: discovery, and questions about oneself.
func basics(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	self := strings.HasPrefix(a.GetResource(), "selfsubject") && a.GetVerb() == "create"
	known := slices.Contains(a.GetUser().GetGroups(), user.AllAuthenticated)
	if known && self {
		return authorizer.DecisionAllow, "", nil
	}
	if known && !a.IsResourceRequest() && a.GetVerb() == "get" {
		for _, p := range openPaths {
			if a.GetPath() == p || strings.HasPrefix(a.GetPath(), p+"/") {
				return authorizer.DecisionAllow, "", nil
			}
		}
	}
	return authorizer.DecisionNoOpinion, "", nil
}

func (r rbacAuthorizer) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	clusterBindings, err := r.clusterBindings.List(labels.Everything())
	if err != nil {
		return authorizer.DecisionNoOpinion, "", err
	}
	for _, b := range clusterBindings {
		if applies(b.Subjects, a.GetUser(), "") && allows(r.rules("", b.RoleRef), a) {
			return authorizer.DecisionAllow, "RBAC: allowed by ClusterRoleBinding " + b.Name, nil
		}
	}
	if a.GetNamespace() == "" {
		return authorizer.DecisionNoOpinion, "", nil
	}
	bindings, err := r.bindings.RoleBindings(a.GetNamespace()).List(labels.Everything())
	if err != nil {
		return authorizer.DecisionNoOpinion, "", err
	}
	for _, b := range bindings {
		if applies(b.Subjects, a.GetUser(), b.Namespace) && allows(r.rules(b.Namespace, b.RoleRef), a) {
			return authorizer.DecisionAllow, "RBAC: allowed by RoleBinding " + b.Namespace + "/" + b.Name, nil
		}
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// rules of a role that does not exist are none.
func (r rbacAuthorizer) rules(namespace string, ref rbacv1.RoleRef) []rbacv1.PolicyRule {
	if ref.Kind == "Role" {
		if role, err := r.roles.Roles(namespace).Get(ref.Name); err == nil {
			return role.Rules
		}
		return nil
	}
	if role, err := r.clusterRoles.Get(ref.Name); err == nil {
		return role.Rules
	}
	return nil
}

func applies(subjects []rbacv1.Subject, u user.Info, namespace string) bool {
	return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool {
		switch s.Kind {
		case rbacv1.UserKind:
			return s.Name == u.GetName()
		case rbacv1.GroupKind:
			return slices.Contains(u.GetGroups(), s.Name)
		case rbacv1.ServiceAccountKind:
			if s.Namespace != "" {
				namespace = s.Namespace
			}
			return serviceaccount.MatchesUsername(namespace, s.Name, u.GetName())
		}
		return false
	})
}

func allows(rules []rbacv1.PolicyRule, a authorizer.Attributes) bool {
	return slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool {
		if !has(rule.Verbs, a.GetVerb()) {
			return false
		}
		if !a.IsResourceRequest() {
			return slices.ContainsFunc(rule.NonResourceURLs, func(p string) bool {
				prefix, wild := strings.CutSuffix(p, "*")
				return p == a.GetPath() || wild && strings.HasPrefix(a.GetPath(), prefix)
			})
		}
		resource := a.GetResource()
		if a.GetSubresource() != "" {
			resource += "/" + a.GetSubresource()
		}
		named := len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, a.GetName())
		sub := a.GetSubresource() != "" && slices.Contains(rule.Resources, "*/"+a.GetSubresource())
		return named && has(rule.APIGroups, a.GetAPIGroup()) && (sub || has(rule.Resources, resource))
	})
}

func has(list []string, s string) bool { return slices.Contains(list, "*") || slices.Contains(list, s) }
