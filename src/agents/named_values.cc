#include <fmt/format.h>

#include "agents/named_values_internal.h"
#include "base/hash.h"

namespace flotilla::agents {

namespace {

Async<Result<Secret>> look_up(core::Resources& resources, std::string name_space,
                              core::NamedValue value) {
  if (value.value) co_return Secret(*value.value);
  const auto& from = *value.valueFrom;
  if (from.secretKeyRef)
    co_return co_await resources.secret_value(std::move(name_space), from.secretKeyRef->name,
                                              from.secretKeyRef->key);
  CO_TRY(text, co_await resources.config_value(std::move(name_space), from.configMapKeyRef->name,
                                               from.configMapKeyRef->key));
  co_return Secret(std::move(text));
}

}  // namespace

Async<Result<NamedSecrets>> look_up_values(core::Resources& resources, std::string name_space,
                                           std::vector<core::NamedValue> values,
                                           std::string field) {
  NamedSecrets found;
  for (const auto& value : values) {
    auto secret = co_await look_up(resources, name_space, value);
    if (!secret)
      co_return fail(Error(secret.error().code(),
                           fmt::format("{} {}: {}", field, value.name, secret.error().message())));
    found.emplace_back(value.name, std::move(*secret));
  }
  co_return found;
}

std::string digest_of(const NamedSecrets& values) {
  Sha256 hash;
  for (const auto& [name, value] : values) {
    hash.update(fmt::format("{}:{}:", name, value.reveal().size()));
    hash.update(value.reveal());
  }
  return hex(hash.finish());
}

}  // namespace flotilla::agents
