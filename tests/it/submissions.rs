//! An order is made of what is sent under a key once, whichever phone of the account sends it, and however often.

use std::time::Duration;

use serde_json::json;
use tradecounter::db::{Counter, CounterKeys, Scope, Tx};
use tradecounter::error::{Error, Result};
use tradecounter::idempotency::submission::{Patience, Submission};
use uuid::Uuid;

use crate::furniture::{Person, furnish};
use crate::house::{ADA, CAT, House};

/// Somebody who sends orders for an account.
struct Sender<'a> {
    house: &'a House,
    person: Person,
    order: Uuid,
}

impl Sender<'_> {
    fn scope(&self) -> Scope<Counter> {
        let keys = CounterKeys { account: self.person.account.into(), ..CounterKeys::of_stranger(self.person.tenant.into(), false) };
        self.house.app.house.db().counter(keys)
    }

    async fn earlier(&self, tx: &mut Tx<Counter>, key: &str, asked: &str, patience: Patience) -> Result<Option<String>> {
        Submission { key, account: self.person.account.into(), asked: &json!({ "lines": asked }), patience }.earlier(tx).await
    }

    async fn keep(&self, tx: &mut Tx<Counter>, key: &str, asked: &str, answer: &str) {
        let submission =
            Submission { key, account: self.person.account.into(), asked: &json!({ "lines": asked }), patience: Patience::Wait };
        submission.keep(tx, self.order.into(), &answer, self.house.clock.now()).await.expect("kept");
    }

    /// As a page or a program does it: the answer is the earlier one, or this one.
    async fn send(&self, key: &str, asked: &str, patience: Patience, answer: &str) -> Result<String> {
        self.scope()
            .write(async |tx| {
                if let Some(earlier) = self.earlier(tx, key, asked, patience).await? {
                    return Ok(earlier);
                }
                self.keep(tx, key, asked, answer).await;
                Ok(answer.to_owned())
            })
            .await
    }
}

async fn sender<'a>(house: &'a House, phone: &str) -> Sender<'a> {
    let person = Person::of(house, "acme", phone).await;
    let order = house.value(&format!("select order_id from orders where account_id = '{}'", person.account)).await;
    Sender { house, person, order }
}

#[tokio::test]
async fn a_key_is_answered_as_it_was_first_and_is_good_for_one_order_of_one_account() {
    let house = House::open().await;
    furnish(&house).await;
    let (ada, cat) = (sender(&house, ADA).await, sender(&house, CAT).await);
    for patience in [Patience::Wait, Patience::Refuse] {
        assert_eq!(ada.send("one", "tea", patience, "first").await.expect("an answer"), "first");
    }
    assert_eq!(ada.send("one", "tea", Patience::Wait, "second").await.expect("an answer"), "first");
    let other = ada.send("one", "coffee", Patience::Wait, "second").await;
    assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
    assert_eq!(ada.send("two", "tea", Patience::Wait, "second").await.expect("an answer"), "second");
    assert_eq!(cat.send("one", "coffee", Patience::Wait, "third").await.expect("an answer"), "third", "another account's key");
}

#[tokio::test]
async fn whoever_comes_meanwhile_waits_for_the_answer_or_is_told_to_come_again() {
    let house = House::open().await;
    furnish(&house).await;
    let ada = sender(&house, ADA).await;
    let mut first = ada.scope().open_write().await.expect("a transaction");
    assert_eq!(ada.earlier(&mut first, "one", "tea", Patience::Wait).await.expect("none"), None);
    let refused = ada.send("one", "tea", Patience::Refuse, "second").await;
    assert!(matches!(refused, Err(Error::InFlight)), "{refused:?}");
    assert_eq!(refused.expect_err("refused").retry_after_seconds(), Some(1));
    let working = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        ada.keep(&mut first, "one", "tea", "first").await;
        first.commit().await.expect("kept");
    };
    let (waited, ()) = tokio::join!(ada.send("one", "tea", Patience::Wait, "second"), working);
    assert_eq!(waited.expect("an answer"), "first", "it sees what was kept while it waited");
}

#[tokio::test]
async fn a_try_that_was_taken_back_keeps_nothing() {
    let house = House::open().await;
    furnish(&house).await;
    let ada = sender(&house, ADA).await;
    let mut first = ada.scope().open_write().await.expect("a transaction");
    assert_eq!(ada.earlier(&mut first, "one", "tea", Patience::Refuse).await.expect("none"), None);
    ada.keep(&mut first, "one", "tea", "first").await;
    drop(first);
    assert_eq!(ada.send("one", "coffee", Patience::Wait, "second").await.expect("an answer"), "second");
}
