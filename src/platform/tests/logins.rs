//! What is found out about logins before any is made.

use super::*;

fn faults(logins: &str, header: &str) -> Vec<String> {
    let text = SHANDONG
        .replacen(
            "\n[values]\n",
            "\n[values]\nproof = 'session.one.token ~ nonce'\n",
            usize::from(header == "proof"),
        )
        .replacen("[operations.create]", &format!("{logins}\n[operations.create]"), 1)
        .replace("X-App-Id = \"credentials.app_id\"", &format!("X-Token = \"{header}\""));
    let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
    let mut said: Vec<String> = faults.iter().map(|fault| fault.complaint.to_string()).collect();
    if let (Some(platform), true) = (platform, said.is_empty())
        && let Err(faults) = Profile::compile(Arc::new(platform))
    {
        said.extend(faults.iter().map(|fault| fault.complaint.to_string()));
    }
    said
}

#[test]
fn faults_of_logins_are_told_at_load() {
    const ONE: &str =
        "[[logins]]\nname = 'one'\nmethod = 'POST'\npath = \"'/one'\"\ngives = { token = 'body.t' }\n";
    let with = |more: &str| format!("{ONE}{more}");
    let two = |more: &str| {
        format!(
            "{ONE}[[logins]]\nname = 'two'\nmethod = 'POST'\npath = \"'/two'\"\ngives = {{ t = 'body.t' }}\n{more}"
        )
    };
    for (logins, header, expect) in [
        (ONE.to_owned(), "session.one.token", ""),
        (ONE.to_owned(), "'Bearer ' ~ session.one.token", ""),
        (two("query = { k = 'session.one.token' }"), "session.two.t", ""),
        // A value may rest on what a login gives, and that login has the value at hand without using it.
        (ONE.to_owned(), "proof", ""),
        (with("query = { k = 'proof' }"), "proof", "Q7444 session.one.token"),
        (ONE.to_owned(), "session.one.tokn", "Q7444 session.one.tokn"),
        (ONE.to_owned(), "session.tow.t ~ 'x'", "Q7444 session.tow.t"),
        (String::new(), "session.one.token", "Q7444 session.one.token"),
        (with("query = { k = 'session.one.token' }"), "'x'", "Q7444 session.one.token"),
        (with("payload = { a = \"'x'\" }"), "'x'", "Q7445"),
        (with("lifetime = '5m'\nexpires = 'body.e'"), "'x'", "Q1004 `logins[0]` is both"),
        (with("expires = 'bdy.e'"), "'x'", "Q7404"),
        (with("lifetim = '5m'"), "'x'", "Q1003 `logins[0].lifetim`"),
        (with(ONE), "'x'", "Q1004 `logins[1].name` is one"),
        (ONE.replace("'one'", "'o ne'"), "'x'", "Q1004 `logins[0].name` is o ne"),
        (ONE.replace("gives", "give"), "'x'", "Q1002 `logins[0].gives` is missing"),
        (with("answer = { succes = 'true' }"), "'x'", "Q1003 `logins[0].answer.succes`"),
    ] {
        let found = faults(&logins, header);
        match expect {
            "" => assert_eq!(found, Vec::<String>::new(), "{logins} {header}"),
            expect => {
                let (id, says) = expect.split_once(' ').unwrap_or((expect, ""));
                let told = |fault: &String| fault.starts_with(id) && fault.contains(says);
                assert!(found.iter().any(told), "{expect}: {found:#?}");
            }
        }
    }
}
