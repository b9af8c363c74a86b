#pragma once

#include "core/manifest_converter.h"

namespace flotilla::compat::kagent {

/// Takes kagent's documents where resources are applied: Agent, SandboxAgent, ModelConfig and
/// RemoteMCPServer of `kagent.dev/v1alpha2`, MCPServer and ToolServer of `kagent.dev/v1alpha1`. A
/// field of theirs that has no effect here is named in core::kUnsupportedAnnotation, and an unknown
/// one is refused. Secrets and ConfigMaps of `v1` are ours already.
class Converter final : public core::ManifestConverter {
 public:
  [[nodiscard]] Result<std::optional<core::ConvertedManifest>> convert(
      const json::Value& document) const override;
  [[nodiscard]] std::optional<std::string> kind_of(std::string_view api_version,
                                                   std::string_view kind) const override;
};

}  // namespace flotilla::compat::kagent
