use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{RawResponse, StatusCode};

use super::*;
use crate::azure::calls::CallFailure;

fn of(error: &azure_core::Error) -> TokenFailure {
    let failure = TokenFailure::of(error);
    assert!(!failure.to_string().contains("hunter2"), "{failure}");
    failure
}

/// What the SDK makes of an answer of a token endpoint.
fn answer(status: u16, codes: Option<&str>) -> azure_core::Error {
    let status = StatusCode::from(status);
    let raw_response = Some(Box::new(RawResponse::from_bytes(status, Headers::new(), "hunter2")));
    let kind = ErrorKind::HttpResponse { status, error_code: codes.map(str::to_owned), raw_response };
    azure_core::Error::with_message(kind, "AADSTS7000215: hunter2").with_context("hunter2")
}

#[test]
fn entras_numbers_are_told_and_its_words_are_not() {
    for (codes, words) in [
        ("7000215", "AADSTS7000215, the client secret is wrong"),
        ("700213,50000", "AADSTS700213, no federated credential"),
        ("90002", "AADSTS90002, there is no such tenant"),
        ("12345", "AADSTS12345, look the number up"),
    ] {
        let said = of(&answer(401, Some(codes))).to_string();
        assert!(said.contains(words), "{codes}: {said}");
    }
    assert_eq!(of(&answer(401, Some("hunter2"))), TokenFailure::Status(401));
    assert_eq!(of(&answer(400, None)), TokenFailure::NotAssigned);
    assert_eq!(of(&answer(503, None)), TokenFailure::Status(503));
    let no_token = azure_core::Error::with_message(ErrorKind::DataConversion, "hunter2");
    assert_eq!(of(&no_token), TokenFailure::NoToken);
}

#[test]
fn what_did_not_come_back_is_told_as_it_was() {
    let call = |failure: &CallFailure| {
        of(&azure_core::Error::new(ErrorKind::Other, failure.clone()).with_context("hunter2"))
    };
    let silent = CallFailure::Silent { host: "login.microsoftonline.com".to_owned() };
    assert_eq!(call(&silent), TokenFailure::Call(silent.clone()));
    let nowhere = CallFailure::Silent { host: "169.254.169.254".to_owned() };
    assert_eq!(call(&nowhere), TokenFailure::NoMachine);
}

#[test]
fn all_that_were_tried_are_told_in_one_sentence() {
    let tried = vec![
        (IdentityKind::Environment, TokenFailure::NotSet("AZURE_CLIENT_SECRET")),
        (IdentityKind::Workload, TokenFailure::Call(CallFailure::Silent { host: "login".to_owned() })),
        (IdentityKind::Managed, TokenFailure::NoMachine),
        (IdentityKind::Cli, TokenFailure::NotLoggedIn),
    ];
    let error = IdentityError::new(false, tried.clone());
    assert_eq!(
        error.to_string(),
        "no identity gives an access token (environment: AZURE_CLIENT_SECRET is not set; workload: login does not \
         answer in time; managed: nobody answers at 169.254.169.254, where machines in Azure ask for theirs; cli: \
         nobody is logged in to the Azure CLI, run `az login`)"
    );
    assert!(error.is_transient() && error.remedy().contains("the network"));
    let without_workload = [&tried[..1], &tried[2..]].concat();
    assert!(IdentityError::new(false, without_workload).remedy().contains("azure.identity"));

    let named = IdentityError::of_one(IdentityKind::Cli, TokenFailure::NoCli);
    assert_eq!(
        named.to_string(),
        "the cli identity gives no access token: the Azure CLI (az) is not installed"
    );
    assert!(!named.is_transient() && !named.remedy().contains("azure.identity"));
}

mod credentials {
    use super::super::credential::Credentials;
    use super::*;

    /// The failure of a kind of identity where some of Azure's variables are set.
    fn failure(
        kind: IdentityKind,
        client_id: Option<&str>,
        variable: fn(&str) -> Option<String>,
    ) -> TokenFailure {
        let credentials = Credentials::with(client_id.map(str::to_owned), variable).unwrap();
        credentials.get(kind).unwrap_err()
    }

    fn is(name: &str, names: &[&str]) -> Option<String> {
        names.contains(&name).then(|| "value".to_owned())
    }

    #[test]
    fn the_variable_that_is_missing_is_named() {
        use IdentityKind::{Environment, Workload};
        let missing = TokenFailure::NotSet;
        assert_eq!(failure(Environment, None, |_| None), missing("AZURE_TENANT_ID"));
        assert_eq!(
            failure(Environment, None, |name| is(name, &["AZURE_TENANT_ID"])),
            missing("AZURE_CLIENT_ID")
        );
        assert_eq!(
            failure(Environment, None, |name| is(name, &["AZURE_TENANT_ID", "AZURE_CLIENT_ID"])),
            missing("AZURE_CLIENT_SECRET")
        );
        assert_eq!(
            failure(Environment, None, |name| is(name, &["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"])),
            missing("AZURESUBSCRIPTION_TENANT_ID")
        );
        assert_eq!(failure(Workload, None, |_| None), missing("AZURE_FEDERATED_TOKEN_FILE"));
        let pod = |name: &str| is(name, &["AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID"]);
        assert_eq!(failure(Workload, None, pod), missing("AZURE_CLIENT_ID"));
        assert!(matches!(failure(Workload, Some("an-id"), pod), TokenFailure::TokenFile(..)));
    }

    #[test]
    fn what_cannot_be_used_is_not_quoted() {
        let wrong = |name: &str| {
            Some(if name == "AZURE_TENANT_ID" { "hunter2 !" } else { "https://hunter2" }.to_owned())
        };
        let plain = |name: &str| (!name.starts_with("AZURESUB")).then(|| "http://hunter2".to_owned());
        for said in
            [failure(IdentityKind::Environment, None, plain), failure(IdentityKind::Environment, None, wrong)]
        {
            assert!(matches!(said, TokenFailure::Unusable(_)), "{said}");
            assert!(!said.to_string().contains("hunter2"), "{said}");
        }
    }
}
