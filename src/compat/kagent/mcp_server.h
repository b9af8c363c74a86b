#pragma once

#include "compat/kagent/common.h"

/// kagent's tool servers: RemoteMCPServer of `kagent.dev/v1alpha2`, MCPServer (kmcp 0.3) and the
/// old ToolServer of `kagent.dev/v1alpha1`.
namespace flotilla::compat::kagent {

enum class RemoteProtocol : std::uint8_t { SSE, STREAMABLE_HTTP };
BOOST_DESCRIBE_ENUM(RemoteProtocol, SSE, STREAMABLE_HTTP)

struct RemoteMcpServerSpec {
  std::optional<std::string> description;
  std::optional<RemoteProtocol> protocol;
  std::string url;
  std::vector<ValueRef> headersFrom;
  std::optional<Duration> timeout;
  std::optional<Duration> sseReadTimeout;
  std::optional<bool> terminateOnClose;
  std::optional<AllowedNamespaces> allowedNamespaces;
  std::optional<TlsConfig> tls;
};
BOOST_DESCRIBE_STRUCT(RemoteMcpServerSpec, (),
                      (description, protocol, url, headersFrom, timeout, sseReadTimeout,
                       terminateOnClose, allowedNamespaces, tls))

/// What makes up the pod of an MCPServer, besides what runs in it.
struct McpPod {
  std::optional<json::Value> imagePullPolicy;
  std::optional<json::Value> imagePullSecrets;
  std::optional<json::Value> secretRefs;
  std::optional<json::Value> configMapRefs;
  std::optional<json::Value> volumes;
  std::optional<json::Value> volumeMounts;
  std::optional<json::Value> initContainer;
  std::optional<json::Value> serviceAccount;
  std::optional<json::Value> serviceAccountName;
  std::optional<json::Value> sidecars;
  std::optional<json::Value> labels;
  std::optional<json::Value> annotations;
  std::optional<json::Value> resources;
  std::optional<json::Value> securityContext;
  std::optional<json::Value> podSecurityContext;
  std::optional<json::Value> tolerations;
  std::optional<json::Value> affinity;
  std::optional<json::Value> nodeSelector;
  std::optional<json::Value> replicas;
};
BOOST_DESCRIBE_STRUCT(McpPod, (),
                      (imagePullPolicy, imagePullSecrets, secretRefs, configMapRefs, volumes,
                       volumeMounts, initContainer, serviceAccount, serviceAccountName, sidecars,
                       labels, annotations, resources, securityContext, podSecurityContext,
                       tolerations, affinity, nodeSelector, replicas))

struct McpDeployment : McpPod {
  std::optional<std::string> image;
  std::optional<std::int64_t> port;
  std::optional<std::string> cmd;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
};
BOOST_DESCRIBE_STRUCT(McpDeployment, (McpPod), (image, port, cmd, args, env))

enum class McpTransport : std::uint8_t { stdio, http };
BOOST_DESCRIBE_ENUM(McpTransport, stdio, http)

struct HttpTransport {
  std::optional<json::Value> targetPort;
  std::optional<json::Value> path;
  std::optional<json::Value> tls;
};
BOOST_DESCRIBE_STRUCT(HttpTransport, (), (targetPort, path, tls))

struct McpServerSpec {
  McpDeployment deployment;
  std::optional<McpTransport> transportType;
  std::optional<json::Value> stdioTransport;
  std::optional<HttpTransport> httpTransport;
  std::optional<Duration> timeout;
};
BOOST_DESCRIBE_STRUCT(McpServerSpec, (),
                      (deployment, transportType, stdioTransport, httpTransport, timeout))

// The old ToolServer.

struct OldStdio {
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::vector<ValueRef> envFrom;
  std::optional<std::int64_t> readTimeoutSeconds;
};
BOOST_DESCRIBE_STRUCT(OldStdio, (), (command, args, env, envFrom, readTimeoutSeconds))

struct OldHttp {
  std::string url;
  std::map<std::string, json::Value> headers;
  std::vector<ValueRef> headersFrom;
  std::optional<Duration> timeout;
  std::optional<Duration> sseReadTimeout;
  std::optional<bool> terminateOnClose;
};
BOOST_DESCRIBE_STRUCT(OldHttp, (),
                      (url, headers, headersFrom, timeout, sseReadTimeout, terminateOnClose))

struct OldConfig {
  std::optional<std::string> type;
  std::optional<OldStdio> stdio;
  std::optional<OldHttp> sse;
  std::optional<OldHttp> streamableHttp;
};
BOOST_DESCRIBE_STRUCT(OldConfig, (), (type, stdio, sse, streamableHttp))

struct OldToolServerSpec {
  std::optional<std::string> description;
  OldConfig config;
};
BOOST_DESCRIBE_STRUCT(OldToolServerSpec, (), (description, config))

}  // namespace flotilla::compat::kagent
