#include "gateway/tls.h"

#include <gtest/gtest.h>

#include "core/resources_testing.h"

namespace flotilla::gateway {
namespace {

using core::testing::manifest;
using core::testing::store_of;

// Self-signed, of nobody; its private key is not kept.
constexpr std::string_view kCertificate = R"(
    -----BEGIN CERTIFICATE-----
    MIIBejCCASGgAwIBAgIUAvOh1jTyFGup7TATA0ZCIuA3NKQwCgYIKoZIzj0EAwIw
    EjEQMA4GA1UEAwwHY2EudGVzdDAgFw0yNjExMjExOTMwMDNaGA8yMTI2MTAyODE5
    MzAwM1owEjEQMA4GA1UEAwwHY2EudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
    A0IABKUkY/9mFZKhST28XX6fnpJFS87Z1sIKRx1v67M11THgkrmYepQCM8OoMdoI
    uN5/O8ncQffuvquNDRvKcAgn7NajUzBRMB0GA1UdDgQWBBT/naOpodMcwy2XG/Vp
    i2H9IXtmHDAfBgNVHSMEGDAWgBT/naOpodMcwy2XG/Vpi2H9IXtmHDAPBgNVHRMB
    Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIHbv/Nj+3SWfwOSyF6P5atVLgXZ2
    gT8iaJsr2GJlsG0xAiBo1pdrJhmBvKvzZwF2EgHC6TaKa533TLnovpSa0VqOVg==
    -----END CERTIFICATE-----
)";

Async<> add_secret(core::Resources& resources) {
  auto made = manifest(
      "apiVersion: flotilla.dev/v1\nkind: Secret\nmetadata: {name: pem}\n"
      "stringData:\n  broken: nonsense\n  ca: |" +
      std::string(kCertificate));
  const auto written = co_await resources.apply(nullptr, std::move(made));
  EXPECT_TRUE(written) << (written ? "" : written.error().message());
}

core::SecretKeyRef ref(std::string key) {
  return {.name = "pem", .key = std::move(key)};
}

CORE_TEST(PeerTls, is_made_of_secrets) {
  auto store = store_of(world);
  co_await add_secret(store.resources);
  core::TlsSpec spec;
  const auto plain = co_await look_up_tls(store.resources, "default", spec);
  CO_ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->peer);
  EXPECT_FALSE(plain->others);
  spec.caSecretRef = ref("ca");
  const auto own = co_await look_up_tls(store.resources, "default", spec);
  CO_ASSERT_OK(own);
  CO_ASSERT_TRUE(own->others);
  spec.serverName = "inside.test";
  const auto named = co_await look_up_tls(store.resources, "default", spec);
  CO_ASSERT_OK(named);
  // The name is the peer's alone.
  EXPECT_NE(http::digest_of(*own->peer), http::digest_of(*named->peer));
  EXPECT_EQ(http::digest_of(*own->others), http::digest_of(*named->others));
}

CORE_TEST(PeerTls, faults_name_their_field) {
  auto store = store_of(world);
  co_await add_secret(store.resources);
  struct Case {
    std::string field;
    core::TlsSpec spec;
  };
  std::vector<Case> cases(4);
  cases[0].field = "/spec/tls/caSecretRef";
  cases[0].spec.caSecretRef = ref("missing");
  cases[1].field = "/spec/tls/caSecretRef";
  cases[1].spec.caSecretRef = ref("broken");
  cases[2].field = "/spec/tls/clientKeySecretRef";
  cases[2].spec.clientCertSecretRef = ref("ca");
  cases[2].spec.clientKeySecretRef = ref("broken");
  cases[3].field = "/spec/tls/clientCertSecretRef";
  cases[3].spec.clientCertSecretRef = ref("broken");
  cases[3].spec.clientKeySecretRef = ref("broken");
  for (const auto& one : cases) {
    const auto made = co_await look_up_tls(store.resources, "default", one.spec);
    CO_ASSERT_FALSE(made);
    CO_ASSERT_EQ(made.error().violations().size(), 1U);
    EXPECT_EQ(made.error().violations()[0].field, one.field) << made.error().message();
  }
}

}  // namespace
}  // namespace flotilla::gateway
