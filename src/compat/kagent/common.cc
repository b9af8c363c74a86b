#include <fmt/format.h>

#include "compat/kagent/conversion_internal.h"

namespace flotilla::compat::kagent {

namespace {

/// Kubernetes puts it on each namespace: the only label that is known here.
constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

/// The names that a selector means; nullopt: it asks for labels that we do not know.
std::optional<std::vector<std::string>> names_of(const LabelSelector& selector) {
  if (selector.matchLabels.size() + selector.matchExpressions.size() != 1) return std::nullopt;
  if (!selector.matchLabels.empty()) {
    const auto& [label, name] = *selector.matchLabels.begin();
    if (label != kNameLabel) return std::nullopt;
    return std::vector<std::string>{name};
  }
  const auto& expression = selector.matchExpressions.front();
  if (expression.key != kNameLabel || expression.operator_ != "In") return std::nullopt;
  return expression.values;
}

}  // namespace

core::ValueSource source_of(const ValueSource& source) {
  core::ValueSource out;
  if (source.type == ValueSourceType::Secret)
    out.secretKeyRef = core::SecretKeyRef{source.name, source.key};
  else
    out.configMapKeyRef = core::ConfigMapKeyRef{source.name, source.key};
  return out;
}

std::vector<core::NamedValue> headers_of(const std::vector<ValueRef>& refs, std::string_view ours,
                                         std::string_view theirs, Notes& notes) {
  std::vector<core::NamedValue> out;
  for (const auto& ref : refs) {
    core::NamedValue value;
    value.name = ref.name;
    value.value = ref.value;
    if (ref.valueFrom) {
      value.valueFrom = source_of(*ref.valueFrom);
      if (value.value == "") value.value.reset();  // Go's way of not saying anything
    }
    out.push_back(std::move(value));
  }
  if (!out.empty()) notes.from(std::string(ours), std::string(theirs));
  return out;
}

std::vector<core::NamedValue> environment_of(const std::vector<EnvVar>& variables,
                                             std::string_view ours, std::string_view theirs,
                                             Notes& notes) {
  std::vector<core::NamedValue> out;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const auto& variable = variables[i];
    const auto at = fmt::format("{}/{}", theirs, i);
    core::NamedValue value;
    value.name = variable.name;
    if (!variable.valueFrom) {
      value.value = variable.value.value_or("");
    } else {
      const auto& from = *variable.valueFrom;
      const auto& selector = from.secretKeyRef ? from.secretKeyRef : from.configMapKeyRef;
      if (!selector) {
        notes.ignored(at, "there is no pod whose fields it could show");
        continue;
      }
      if (selector->optional == true)
        notes.ignored(at, "'optional' is not looked at: the value must be there");
      auto& source = value.valueFrom.emplace();
      if (from.secretKeyRef)
        source.secretKeyRef = core::SecretKeyRef{selector->name, selector->key};
      else
        source.configMapKeyRef = core::ConfigMapKeyRef{selector->name, selector->key};
    }
    notes.from(fmt::format("{}/{}", ours, out.size()), at);
    out.push_back(std::move(value));
  }
  return out;
}

std::optional<core::AllowedNamespaces> allowed_of(const std::optional<AllowedNamespaces>& allowed,
                                                  Notes& notes) {
  if (!allowed) return std::nullopt;
  core::AllowedNamespaces out;
  if (allowed->from == FromNamespaces::All) {
    out.from = core::NamespacesFrom::all;
  } else if (allowed->from == FromNamespaces::Selector) {
    const auto names = allowed->selector ? names_of(*allowed->selector) : std::nullopt;
    if (names) {
      out.from = core::NamespacesFrom::list;
      out.names = *names;
      notes.from("/spec/allowedNamespaces/names", "/spec/allowedNamespaces/selector");
    } else {
      notes.ignored("/spec/allowedNamespaces/selector",
                    fmt::format("namespaces have no labels here but {}, so only the same namespace "
                                "is allowed; name namespaces by that label",
                                kNameLabel));
    }
  }
  return out;
}

Result<std::optional<core::TlsSpec>> tls_of(const std::optional<TlsConfig>& tls, Notes& notes) {
  if (!tls) return std::optional<core::TlsSpec>();
  if (tls->caCertSecretRef.has_value() != tls->caCertSecretKey.has_value())
    return fail(invalid("/spec/tls/caCertSecretKey",
                        "caCertSecretRef and caCertSecretKey must be given together"));
  core::TlsSpec out;
  out.insecureSkipVerify = tls->disableVerify;
  notes.from("/spec/tls/insecureSkipVerify", "/spec/tls/disableVerify");
  if (!tls->caCertSecretRef) return std::optional(std::move(out));
  notes.from("/spec/tls/caSecretRef", "/spec/tls/caCertSecretRef");
  notes.from("/spec/tls/caSecretRef/key", "/spec/tls/caCertSecretKey");
  if (tls->disableVerify) {
    notes.ignored("/spec/tls/caCertSecretRef", "nothing is checked with disableVerify");
    return std::optional(std::move(out));
  }
  out.caSecretRef = core::SecretKeyRef{*tls->caCertSecretRef, *tls->caCertSecretKey};
  if (!tls->disableSystemCAs)
    notes.ignored("/spec/tls/disableSystemCAs",
                  "false: with authorities of your own the system's are not trusted; put them into "
                  "the Secret, too, if they are needed");
  return std::optional(std::move(out));
}

}  // namespace flotilla::compat::kagent
