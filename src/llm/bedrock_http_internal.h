#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "llm/provider_http_internal.h"
#include "llm/settings.h"

namespace flotilla::llm {

/// A request to `/model/MODEL/OPERATION` of Bedrock's runtime: signed (SigV4) where the settings
/// have an access key, else with the API key as bearer token.
Result<ProviderRequest> bedrock_http_request(const ModelSettings& settings,
                                             const ProviderHttp& http, std::string_view operation,
                                             std::string body, const CallOptions& options,
                                             Time now);

}  // namespace flotilla::llm
