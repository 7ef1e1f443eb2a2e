// labapi: a Kubernetes API server for the lab, from Debian's golang-k8s-*-dev packages only.
// Built-in kinds are served by the generic registry without the validation and defaulting that live in
// k8s.io/kubernetes; custom resources are served by the real apiextensions server (schema, CEL, defaulting, SSA,
// status, watch cache).
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	noop "go.opentelemetry.io/otel/trace/noop"
	admv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authnv1 "k8s.io/api/authentication/v1"
	authzv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resv1 "k8s.io/api/resource/v1"
	schedv1 "k8s.io/api/scheduling/v1"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	extapi "k8s.io/apiextensions-apiserver/pkg/apiserver"
	extoptions "k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"

	"labapi/generated"
)

var (
	scheme = runtime.NewScheme()
	codecs serializer.CodecFactory
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "labapi:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	etcd, bind, cert, key, clientCA, tokens string
	port                                    int
	aggregates                              aggregates
	aggregateCA, proxyCert, proxyKey        string
}

func flags() options {
	var o options
	flag.StringVar(&o.etcd, "etcd", "http://127.0.0.1:2379", "address of etcd")
	flag.StringVar(&o.bind, "bind", "127.0.0.1", "address to listen on")
	flag.IntVar(&o.port, "port", 6443, "port to listen on")
	flag.StringVar(&o.cert, "cert", "", "serving certificate")
	flag.StringVar(&o.key, "key", "", "key of the serving certificate")
	flag.StringVar(&o.clientCA, "client-ca", "", "CA of client certificates")
	flag.StringVar(&o.tokens, "tokens", "", "CSV token file")
	flag.Var(&o.aggregates, "aggregate", "GROUP/VERSION=https://HOST:PORT of an aggregated API server (repeatable)")
	flag.StringVar(&o.aggregateCA, "aggregate-ca", "", "CA of the aggregated servers' certificates")
	flag.StringVar(&o.proxyCert, "proxy-client-cert", "", "client certificate shown to the aggregated servers")
	flag.StringVar(&o.proxyKey, "proxy-client-key", "", "key of proxy-client-cert")
	flag.Parse()
	return o
}

func main() {
	opts := flags()
	ctx := genericapiserver.SetupSignalContext()
	order := register()
	cfg, etcd := configure(opts, order)
	ext, srv := servers(cfg, etcd)
	install(srv, cfg, order)
	installReviews(srv, cfg.Authorization.Authorizer)
	if len(opts.aggregates) > 0 {
		opts.aggregates.install(srv, proxyTransport(opts))
	}
	prepared := srv.PrepareRun()
	ext.GenericAPIServer.OpenAPIV3VersionedService = srv.OpenAPIV3VersionedService
	must(prepared.RunWithContext(ctx))
}

// register fills the scheme and answers the group versions in the order of kinds.
func register() []schema.GroupVersion {
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, coordv1.AddToScheme, resv1.AddToScheme, batchv1.AddToScheme, appsv1.AddToScheme,
		policyv1.AddToScheme, schedv1.AddToScheme, rbacv1.AddToScheme, admv1.AddToScheme, authzv1.AddToScheme,
		authnv1.AddToScheme, metainternal.AddToScheme,
	} {
		must(add(scheme))
	}
	seen := map[schema.GroupVersion]bool{}
	var order []schema.GroupVersion
	for _, k := range kinds {
		hub := schema.GroupVersion{Group: k.gv.Group, Version: runtime.APIVersionInternal}
		scheme.AddKnownTypes(hub, newOf(k.obj), newOf(k.list))
		if !seen[k.gv] {
			seen[k.gv] = true
			order = append(order, k.gv)
			must(scheme.SetVersionPriority(k.gv))
		}
		gvk := k.gv.WithKind(reflect.TypeOf(k.obj).Elem().Name())
		extra := extraFields(newOf(k.obj))
		must(scheme.AddFieldLabelConversionFunc(gvk, func(l, v string) (string, string, error) {
			if _, known := extra[l]; known || l == "metadata.name" || l == "metadata.namespace" {
				return l, v, nil
			}
			return "", "", fmt.Errorf("field label not supported: %s", l)
		}))
	}
	scheme.AddKnownTypes(schema.GroupVersion{Version: runtime.APIVersionInternal}, &corev1.Binding{})
	registerReviews()
	codecs = serializer.NewCodecFactory(scheme)
	return order
}

// configure makes the generic server's configuration: serving, storage, authentication, OpenAPI, admission.
func configure(o options, order []schema.GroupVersion) (
	*genericapiserver.RecommendedConfig, *genericoptions.EtcdOptions) {
	run := genericoptions.NewServerRunOptions()
	must(run.ComponentGlobalsRegistry.Set())
	must(run.Complete())
	cfg := genericapiserver.NewRecommendedConfig(codecs)
	must(run.ApplyTo(&cfg.Config))
	serve(o, cfg)

	etcd := genericoptions.NewEtcdOptions(storagebackend.NewDefaultConfig("/registry", codecs.LegacyCodec(order...)))
	etcd.StorageConfig.Transport.ServerList = []string{o.etcd}
	etcd.StorageConfig.StorageObjectCountTracker = cfg.StorageObjectCountTracker
	must(etcd.ApplyWithStorageFactoryTo(
		&genericoptions.SimpleStorageFactory{StorageConfig: etcd.StorageConfig}, &cfg.Config))

	cfg.Authentication.Authenticator = bearerAndCerts(o.clientCA, o.tokens, cfg.LoopbackClientConfig.BearerToken)
	cfg.FlowControl = nil
	defs := func(ref openapiRef) map[string]openapiDef { return generated.GetOpenAPIDefinitions(ref) }
	namer := openapinamer.NewDefinitionNamer(scheme, extapi.Scheme)
	cfg.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(defs, namer)
	cfg.OpenAPIV3Config.Info.Title = "labapi"
	cfg.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(defs, namer)
	cfg.OpenAPIConfig.Info.Title = "labapi"

	kc, err := kubernetes.NewForConfig(cfg.LoopbackClientConfig)
	must(err)
	dc, err := dynamic.NewForConfig(cfg.LoopbackClientConfig)
	must(err)
	cfg.SharedInformerFactory = informers.NewSharedInformerFactory(kc, 10*time.Minute)
	cfg.Authorization.Authorizer = newAuthorizer(cfg.SharedInformerFactory)
	must(genericoptions.NewAdmissionOptions().ApplyTo(
		&cfg.Config, cfg.SharedInformerFactory, kc, dc, utilfeature.DefaultFeatureGate, cfg.EffectiveVersion))
	// one aggregated discovery document for built-in and custom groups
	cfg.AggregatedDiscoveryGroupManager = aggregated.NewResourceManager("apis")
	return cfg, etcd
}

func serve(o options, cfg *genericapiserver.RecommendedConfig) {
	sec := genericoptions.NewSecureServingOptions().WithLoopback()
	sec.BindAddress, sec.BindPort = net.ParseIP(o.bind), o.port
	sec.ServerCert.CertKey.CertFile, sec.ServerCert.CertKey.KeyFile = o.cert, o.key
	must(sec.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.ParseIP("127.0.0.1")}))
	must(sec.ApplyTo(&cfg.SecureServing, &cfg.LoopbackClientConfig))
	if o.clientCA != "" { // without this the TLS handshake asks for no client certificate
		c, err := dynamiccertificates.NewDynamicCAContentFromFile("client-ca", o.clientCA)
		must(err)
		cfg.SecureServing.ClientCA = c
	}
}

// servers makes ours with the real apiextensions server behind it.
func servers(cfg *genericapiserver.RecommendedConfig, etcd *genericoptions.EtcdOptions) (
	*extapi.CustomResourceDefinitions, *genericapiserver.GenericAPIServer) {
	generic := *cfg
	generic.SharedInformerFactory = nil
	generic.PostStartHooks = map[string]genericapiserver.PostStartHookConfigEntry{}
	generic.MergedResourceConfig = extapi.DefaultAPIResourceConfigSource()
	store := *etcd
	store.StorageConfig.Codec = extapi.Codecs.LegacyCodec(extv1.SchemeGroupVersion)
	generic.RESTOptionsGetter = &genericoptions.StorageFactoryRestOptionsFactory{
		Options:        store,
		StorageFactory: &genericoptions.SimpleStorageFactory{StorageConfig: store.StorageConfig},
	}
	extCfg := &extapi.Config{GenericConfig: &generic, ExtraConfig: extapi.ExtraConfig{
		CRDRESTOptionsGetter: extoptions.NewCRDRESTOptionsGetter(store, nil, cfg.StorageObjectCountTracker),
		ServiceResolver:      webhook.NewDefaultServiceResolver(), MasterCount: 1,
		AuthResolverWrapper: webhook.NewDefaultAuthenticationInfoResolverWrapper(
			nil, nil, cfg.LoopbackClientConfig, noop.NewTracerProvider()),
	}}
	cfg.MergedResourceConfig = serverstorage.NewResourceConfig()
	done := cfg.Complete()
	extDone := extCfg.Complete()
	ext, err := extDone.New(genericapiserver.NewEmptyDelegate())
	must(err)
	srv, err := done.New("labapi", ext.GenericAPIServer)
	must(err)
	return ext, srv
}

// install serves the built-in kinds and makes the namespaces that every cluster has.
func install(srv *genericapiserver.GenericAPIServer, cfg *genericapiserver.RecommendedConfig,
	order []schema.GroupVersion) {
	kc, err := kubernetes.NewForConfig(cfg.LoopbackClientConfig)
	must(err)
	byGV := map[schema.GroupVersion]map[string]rest.Storage{}
	for _, k := range kinds {
		if byGV[k.gv] == nil {
			byGV[k.gv] = map[string]rest.Storage{}
		}
		s, sub := newStore(k, cfg.RESTOptionsGetter)
		byGV[k.gv][k.plural] = store{s, k.short}
		if sub != nil {
			byGV[k.gv][k.plural+"/status"] = statusREST{sub}
		}
		if k.plural == "pods" {
			byGV[k.gv]["pods/binding"] = bindingREST{s}
			byGV[k.gv]["pods/log"] = newLogREST(kc)
		}
	}
	var groups []*genericapiserver.APIGroupInfo
	for _, gv := range order {
		gi := genericapiserver.NewDefaultAPIGroupInfo(gv.Group, scheme, runtime.NewParameterCodec(scheme), codecs)
		gi.PrioritizedVersions = []schema.GroupVersion{gv}
		gi.VersionedResourcesStorageMap[gv.Version] = byGV[gv]
		if gv.Group == "" {
			must(srv.InstallLegacyAPIGroup("/api", &gi))
		} else {
			groups = append(groups, &gi)
		}
	}
	must(srv.InstallAPIGroups(groups...))
	must(srv.AddPostStartHook("default-namespaces", func(h genericapiserver.PostStartHookContext) error {
		return defaultNamespaces(h, kc)
	}))
}

func defaultNamespaces(ctx context.Context, kc kubernetes.Interface) error {
	for _, n := range []string{"default", "kube-system", "kube-node-lease", "kube-public"} {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n}}
		_, err := kc.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
		if err != nil && !strings.Contains(err.Error(), "already exists") {
			return err
		}
	}
	return nil
}

func proxyTransport(o options) http.RoundTripper {
	if o.aggregateCA == "" || o.proxyCert == "" || o.proxyKey == "" {
		must(fmt.Errorf("-aggregate needs -aggregate-ca, -proxy-client-cert and -proxy-client-key"))
	}
	c, err := tls.LoadX509KeyPair(o.proxyCert, o.proxyKey)
	must(err)
	return &http.Transport{
		ForceAttemptHTTP2: true, DisableCompression: true,
		TLSClientConfig: &tls.Config{RootCAs: loadPool(o.aggregateCA), Certificates: []tls.Certificate{c}},
	}
}

func loadPool(path string) *x509.CertPool {
	b, err := os.ReadFile(path)
	must(err)
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(b)
	return p
}
