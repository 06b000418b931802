use super::super::{der_of_rs, from_hex, hex};
use super::*;

/// `openssl genpkey -algorithm SM2 -out k.pem && openssl pkey -in k.pem -text -noout`
const PRIVATE: &str = "9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6";
const PUBLIC: &str = "04b798cf0063d9295901a5bba9f5df19346afae0c1bfb144f2bbb5cc97d5141adda04bd045d41631b36736b020fd4ef77783743f142a081e745f4b68e3e81dd706";
const TEXT: &str = "山东 abc";
const OTHER_USER: &str = "qilu@370300";

/// `printf '%s' TEXT > m; openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:USER -in m -inkey k.pem | xxd -p`
const BY_OPENSSL: [(&str, &str); 2] = [
    (
        USER_ID,
        "3045022100de2600408758547767ad7cc73e7e6e42c9dfab9e41bc4cdf357fa51f9ee77d0c02204657b6870fabb0cee2911ab8a7f9a5244b0404585ae8bf8ddbb88415efc52551",
    ),
    (
        OTHER_USER,
        "30440220029c26ac9bc503b7d1c682954a29e8726844bb9ab3d2000e572155d68701613802200bd4f1cbfbb199a0639c0cc95330471cf26f242ec7f2639926e128008e767530",
    ),
];

/// `openssl pkeyutl -encrypt -in m -pubin -inkey p.pem | xxd -p`, where p.pem is by `openssl pkey -pubout`
const SEALED_BY_OPENSSL: &str = "307202207cc9a6f8d4adf4e80b8fdbcc7487895a85160b7b354be6e0f88f5f4c42c8f0f102204583f3ccedbbad702fc1b2d17fe5564b1309a4596697dd58e126461c9ab83cd004202507f610012ed75d00a2d4ae665b404b9c6575ef43477f140f03cc2248ce415f040aa61d148d0a5242752110";

fn bytes(text: &str) -> Vec<u8> {
    from_hex(text).unwrap()
}

#[test]
fn a_signature_by_openssl_is_good_here() {
    for (user, signature) in BY_OPENSSL {
        let der = bytes(signature);
        let rs = rs_of_der(&der).unwrap();
        let compressed = [&[2], &bytes(PUBLIC)[1..33]].concat();
        for key in [bytes(PUBLIC), bytes(&PUBLIC[2..]), compressed] {
            assert!(verify(&key, user, TEXT.as_bytes(), &der).unwrap(), "{user}");
            assert!(verify(&key, user, TEXT.as_bytes(), &rs).unwrap(), "{user}");
            assert!(!verify(&key, user, b"other", &rs).unwrap());
            assert!(!verify(&key, "somebody", TEXT.as_bytes(), &rs).unwrap());
        }
    }
}

/// Found good by `openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:USER -in m -pubin -inkey p.pem -sigfile s`.
#[test]
fn a_signature_from_here_is_good_for_openssl() {
    let signed = |(user, text): (&str, &str)| {
        let signature = sign(&bytes(PRIVATE), user, text.as_bytes()).unwrap();
        assert!(verify(&bytes(PUBLIC), user, text.as_bytes(), &signature).unwrap());
        hex(&der_of_rs(&signature).unwrap())
    };
    let found = [(USER_ID, TEXT), (OTHER_USER, TEXT), (USER_ID, "")].map(signed);
    let expect = [
        "3045022100d87f87b5bc65e732bc76a4280b9f79958ace3561650046be84d0109ee35e7304022057b5e29baf7927ec1e5f4fb331588a76fe9299e33f0c014c29a82902e782e60c",
        "3044022039ee5748c89f8671f2e1c348be518610776f9d2239d1277fb60821270fa0bfea02207c794012b5464122d2676945ca0c7a5f027e4a61e1b8cc69725692fba7e38789",
        "304502201833746c2c9dd65b07aa931da2481691c704a6138087f5ffcefbc64424da3c070221009600c866e58fbff0919bb6446b50700644f86a3934721ffefbb56a93a910ec5a",
    ];
    assert_eq!(found, expect);
    assert_eq!(
        sign(&[&[0], bytes(PRIVATE).as_slice()].concat(), USER_ID, TEXT.as_bytes()),
        sign(&bytes(PRIVATE), USER_ID, TEXT.as_bytes()),
    );
}

#[test]
fn what_openssl_encrypted_is_read_here_in_every_order() {
    let sealed = bytes(SEALED_BY_OPENSSL);
    let private = bytes(PRIVATE);
    assert_eq!(decrypt(&private, Order::Der, &sealed).unwrap(), TEXT.as_bytes());
    let der::Parts { x, y, hash, text } = der::cipher_of_der(&sealed).unwrap();
    for (order, rest) in [(Order::C1C3C2, [hash, text]), (Order::C1C2C3, [text, hash])] {
        let bare = [x.as_slice(), &y, rest[0], rest[1]].concat();
        assert_eq!(decrypt(&private, order, &bare).unwrap(), TEXT.as_bytes());
        assert_eq!(decrypt(&private, order, &[&[4], bare.as_slice()].concat()).unwrap(), TEXT.as_bytes());
    }
}

/// Decrypted by `openssl pkeyutl -decrypt -inkey k.pem -in e`.
#[test]
fn what_is_encrypted_here_is_read_by_openssl_and_depends_on_nothing_but_its_arguments() {
    let entropy: Vec<u8> = (0..32).collect();
    let public = bytes(PUBLIC);
    let sealed = encrypt(&public, &entropy, Order::Der, TEXT.as_bytes()).unwrap();
    assert_eq!(
        hex(&sealed),
        "3073022100b9647578d5b4e2eef0299355e71225301ba38d8c58c8f49bdfdfc5f565db486502204d25a86d30bf2bb389a407ac1d026396d1e95302e4ffd3b9a33e7bdcbeb2b19d0420dff13ae61ab03e3250940bbeaf984e88f9fd1267609e662ce7096dd2af0c7fd3040adbe4a18d564f1bd85df0"
    );
    let der::Parts { x, y, hash, text } = der::cipher_of_der(&sealed).unwrap();
    for (order, rest) in [(Order::C1C3C2, [hash, text]), (Order::C1C2C3, [text, hash])] {
        let expect = [&[4], x.as_slice(), &y, rest[0], rest[1]].concat();
        assert_eq!(encrypt(&public[1..], &entropy, order, TEXT.as_bytes()).unwrap(), expect);
    }
}

#[test]
fn the_same_entropy_does_not_give_two_messages_away() {
    let entropy = [7; 32];
    let points: Vec<Vec<u8>> = ["a message", "b message", "a"]
        .iter()
        .map(|text| encrypt(&bytes(PUBLIC), &entropy, Order::C1C3C2, text.as_bytes()).unwrap()[..65].to_vec())
        .collect();
    assert!(points[0] != points[1] && points[0] != points[2] && points[1] != points[2]);
    let other = encrypt(&bytes(PUBLIC), &[8; 32], Order::C1C3C2, b"a message").unwrap();
    assert_ne!(points[0], other[..65]);
}

#[test]
fn every_length_comes_back() {
    for length in [1, 32, 33, 1000] {
        let message = vec![9; length];
        for order in [Order::C1C3C2, Order::C1C2C3, Order::Der] {
            let sealed = encrypt(&bytes(PUBLIC), &[1; 40], order, &message).unwrap();
            assert_eq!(decrypt(&bytes(PRIVATE), order, &sealed).unwrap(), message);
        }
    }
}

#[test]
fn keys_that_are_none_are_complaints() {
    let order = bytes("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
    let mut below = order.clone();
    below[31] -= 1;
    let bad = [vec![], vec![0; 32], vec![1; 31], vec![1; 33], vec![0xff; 32], order, vec![0; 33]];
    for key in &bad {
        assert_eq!(sign(key, USER_ID, b"a").unwrap_err().id, "Q3155", "{key:?}");
        assert_eq!(decrypt(key, Order::C1C3C2, b"a").unwrap_err().id, "Q3155", "{key:?}");
    }
    assert_eq!(sign(&below, USER_ID, b"a").unwrap_err().id, "Q3155");
    let mut off = bytes(PUBLIC);
    off[64] ^= 1;
    let bad = [
        vec![],
        vec![0],
        vec![0; 64],
        vec![0; 65],
        vec![4; 65],
        off,
        vec![2; 33],
        vec![0xff; 33],
        vec![5; 33],
    ];
    for key in &bad {
        assert_eq!(verify(key, USER_ID, b"a", &[1; 64]).unwrap_err().id, "Q3156", "{key:?}");
        assert_eq!(encrypt(key, &[1; 32], Order::Der, b"a").unwrap_err().id, "Q3156", "{key:?}");
    }
    let long = "x".repeat(8192);
    assert_eq!(sign(&bytes(PRIVATE), &long, b"a").unwrap_err().id, "Q3160");
    assert_eq!(verify(&bytes(PUBLIC), &long, b"a", &[1; 64]).unwrap_err().id, "Q3160");
    assert!(sign(&bytes(PRIVATE), &long[1..], b"a").is_ok());
    assert!(sign(&bytes(PRIVATE), "", b"a").is_ok());
    assert_eq!(encrypt(&bytes(PUBLIC), &[1; 31], Order::Der, b"a").unwrap_err().id, "Q3158");
    assert_eq!(encrypt(&bytes(PUBLIC), &[1; 32], Order::Der, b"").unwrap_err().id, "Q3159");
}

#[test]
fn signatures_of_no_form_are_simply_not_good() {
    let public = bytes(PUBLIC);
    for signature in [vec![], vec![0; 64], vec![0xff; 64], vec![1; 64], vec![1; 63], vec![0x30; 70]] {
        assert!(!verify(&public, USER_ID, b"a", &signature).unwrap(), "{signature:?}");
    }
}

#[test]
fn every_way_to_fail_at_decryption_says_the_same() {
    let private = bytes(PRIVATE);
    for order in [Order::C1C3C2, Order::C1C2C3, Order::Der] {
        let sealed = encrypt(&bytes(PUBLIC), &[1; 32], order, TEXT.as_bytes()).unwrap();
        for length in (0..sealed.len()).step_by(9) {
            assert_eq!(decrypt(&private, order, &sealed[..length]).unwrap_err(), Complaint::new("Q3152"));
        }
        for at in (0..sealed.len()).step_by(5) {
            let mut altered = sealed.clone();
            altered[at] ^= 0x40;
            assert_eq!(decrypt(&private, order, &altered).unwrap_err(), Complaint::new("Q3152"), "{at}");
        }
        assert_eq!(decrypt(&[1; 32], order, &sealed).unwrap_err(), Complaint::new("Q3152"));
        for first in 0..8 {
            let junk = [vec![first], vec![0; 200]].concat();
            assert_eq!(decrypt(&private, order, &junk).unwrap_err(), Complaint::new("Q3152"));
        }
    }
}

#[test]
fn orders_have_names() {
    let rows = [
        ("C1C3C2", Some(Order::C1C3C2)),
        ("c1c2c3", Some(Order::C1C2C3)),
        ("der", Some(Order::Der)),
        ("", None),
    ];
    for (word, expect) in rows {
        assert_eq!(Order::parse(word), expect);
    }
}
