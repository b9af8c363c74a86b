#pragma once

#include "json/struct_schema.h"

/// Schemas of the native API's structs (json/struct_schema.h).
namespace flotilla::api {

using json::schema_of;
using json::SchemaSet;

}  // namespace flotilla::api
