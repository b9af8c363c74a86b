#include "core/references.h"

#include <algorithm>

namespace flotilla::core {

namespace {

constexpr json::FieldDoc kSecretKeyRefDocs[] = {
    {"name", "name of the Secret, in the same namespace"},
    {"key", "which of its values"},
};
constexpr json::FieldDoc kConfigMapKeyRefDocs[] = {
    {"name", "name of the ConfigMap, in the same namespace"},
    {"key", "which of its values"},
};
constexpr json::FieldDoc kValueSourceDocs[] = {
    {"secretKeyRef", "a value of a Secret"},
    {"configMapKeyRef", "a value of a ConfigMap"},
};
constexpr json::FieldDoc kNamedValueDocs[] = {
    {"name", "name of the header or variable"},
    {"value", "the value itself, which everybody who reads the resource sees"},
    {"valueFrom", "where the value is"},
};
constexpr json::FieldDoc kTlsDocs[] = {
    {"caSecretRef", "PEM certificates of the authorities to trust, instead of the system's"},
    {"insecureSkipVerify", "do not check the server's certificate; for tests"},
    {"serverName", "name that the certificate must be for, instead of the URL's host"},
    {"clientCertSecretRef", "PEM certificate to present"},
    {"clientKeySecretRef", "its PEM private key"},
};
constexpr json::FieldDoc kAllowedDocs[] = {
    {"from", "agents of the same namespace, of all, or of a list"},
    {"names", "the namespaces, with List"},
};

}  // namespace

bool allows(const std::optional<AllowedNamespaces>& allowed, std::string_view own,
            std::string_view user) {
  if (own == user) return true;
  if (!allowed || allowed->from == NamespacesFrom::same) return false;
  if (allowed->from == NamespacesFrom::all) return true;
  return std::ranges::find(allowed->names, user) != allowed->names.end();
}

std::span<const json::FieldDoc> field_docs(const SecretKeyRef*) {
  return kSecretKeyRefDocs;
}
std::span<const json::FieldDoc> field_docs(const ConfigMapKeyRef*) {
  return kConfigMapKeyRefDocs;
}
std::span<const json::FieldDoc> field_docs(const ValueSource*) {
  return kValueSourceDocs;
}
std::span<const json::FieldDoc> field_docs(const NamedValue*) {
  return kNamedValueDocs;
}
std::span<const json::FieldDoc> field_docs(const TlsSpec*) {
  return kTlsDocs;
}
std::span<const json::FieldDoc> field_docs(const AllowedNamespaces*) {
  return kAllowedDocs;
}

}  // namespace flotilla::core
