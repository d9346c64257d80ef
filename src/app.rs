//! Puts the house together, once, for the server and for the tests alike, and runs it until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::alarms;
use crate::catalogue::Remembered;
use crate::challenges;
use crate::clock::Clock;
use crate::config::{Config, MailCarrierName};
use crate::db::Db;
use crate::db::connect::Address;
use crate::db::listen::{Told, listen};
use crate::domains;
use crate::error::{Error, Result};
use crate::imports;
use crate::inbox::DemoInbox;
use crate::jobs::worker::{self, Turns};
use crate::jobs::{Claimed, Job, Lane, Outcome};
use crate::messages::email::{Mailer, Smtp};
use crate::messages::inbox::Inbox;
use crate::messages::sms::Gateways;
use crate::messages::{self, Carriers};
use crate::my_data;
use crate::number_changes;
use crate::orders;
use crate::registrations;
use crate::routes;
use crate::support;
use crate::sweep;
use crate::tenancy::states::Role;
use crate::tenancy::{Hosts, House};
use crate::tenants::{closing, purge, samples, usage};
use crate::web::door::Door;
use crate::web::server;

/// The whole application.
pub struct App {
    pub house: Arc<House>,
    pub door: Arc<Door>,
    pub inbox: Option<Arc<Inbox>>,
    pub remembered: Remembered,
    runner: Arc<Runner>,
}

/// Runs jobs: each kind by its noun's verb.
pub struct Runner {
    house: Arc<House>,
    carriers: Carriers,
}

impl App {
    /// Builds it around an open database.
    pub fn build(config: Config, clock: Clock, hosts: Hosts, db: Db) -> anyhow::Result<Self> {
        let inbox = config.uses_inbox().then(|| Inbox::new(clock.clone()));
        let carriers = carriers(&config, inbox.as_ref(), &clock)?;
        let remembered = Remembered::new(config.catalogue.remembered_bytes);
        let house = House::new(config, clock, hosts, db);
        let public = routes::public_site(&house.hosts, DemoInbox(inbox.clone()), Arc::clone(&carriers.sms));
        let counter = routes::counter_site(&house.hosts, remembered.clone());
        let console = routes::console_site(&house.hosts, Arc::clone(&carriers.sms));
        let door = Arc::new(Door::new(Arc::clone(&house), public, counter, console));
        let runner = Arc::new(Runner { house: Arc::clone(&house), carriers });
        Ok(Self { house, door, inbox, remembered, runner })
    }

    /// Serves browsers and works the queue until `stop` says so; then finishes what has begun.
    pub async fn run(&self, address: Address, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let (wake, woken) = watch::channel(());
        let listening = tokio::spawn(self.hear(address, wake.clone()));
        let sweeping = tokio::spawn({
            let house = Arc::clone(&self.house);
            async move { sweep::now_and_then(&house).await }
        });
        let closing = tokio::spawn({
            let house = Arc::clone(&self.house);
            async move { closing::now_and_then(&house).await }
        });
        let counting = tokio::spawn({
            let house = Arc::clone(&self.house);
            async move { usage::now_and_then(&house).await }
        });
        let checking = tokio::spawn({
            let house = Arc::clone(&self.house);
            async move { domains::checking::now_and_then(&house).await }
        });
        let working = worker::work(Arc::clone(&self.house), Arc::clone(&self.runner), woken, stop.clone());
        let serving = server::serve(listener, Arc::clone(&self.door), &self.house.config.http, async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
        tokio::join!(serving, working);
        listening.abort();
        for task in [sweeping, closing, counting, checking] {
            task.abort();
        }
        // A connection that never comes back must not keep the process from ending.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.house.db().close()).await;
    }

    /// Runs every job that is due now. For tests, which have no workers.
    pub async fn run_jobs(&self) -> Result<()> {
        let mut turns = Turns::default();
        while worker::run_next(&self.house, &self.runner, &Lane::ALL, &mut turns).await? {}
        Ok(())
    }

    fn hear(&self, address: Address, wake: watch::Sender<()>) -> impl Future<Output = ()> + Send + use<> {
        let (house, remembered) = (Arc::clone(&self.house), self.remembered.clone());
        listen(address, move |told| match told {
            Told::JobQueued => wake.send_replace(()),
            Told::TenantChanged(slug) => {
                let house = Arc::clone(&house);
                tokio::spawn(async move { house.tenants.forget(&slug).await });
            }
            Told::CatalogueChanged(tenant) => remembered.forget(tenant),
            Told::Reconnected => {
                remembered.forget_all();
                house.tenants.forget_all();
                wake.send_replace(());
            }
        })
    }
}

impl worker::Runner for Runner {
    async fn run(self: Arc<Self>, claimed: Claimed) -> Result<Outcome> {
        if let (Job::SendCode(challenge), None) = (claimed.job, claimed.tenant) {
            return challenges::delivery::send(&self.house, &self.carriers, None, challenge, claimed).await;
        }
        if let Job::TellOfAlarm(alarm) = claimed.job {
            return alarms::telling::tell_operators(&self.house, &self.carriers, alarm).await;
        }
        if let Job::ForgetCustomer(customer) = claimed.job {
            return purge::forget_customer(&self.house, customer).await;
        }
        let tenant = match claimed.tenant {
            Some(id) => match self.house.tenants.by_id(id).await {
                Ok(tenant) => tenant,
                // Gone: nothing is said in its name.
                Err(Error::NotFound) => return Ok(Outcome::Done),
                Err(error) => return Err(error),
            },
            None => return Ok(Outcome::GiveUp("it is for no tenant".to_owned())),
        };
        // A code goes by who asked for it, a counter's being closed is said while it is, and what is said to an operator is
        // not said in the tenant's name.
        let goes = matches!(claimed.job, Job::SendCode(_) | Job::RemindOfClosing(_) | Job::SendNotice(_) | Job::TellOperator(_));
        if !goes && !tenant.serves(Role::Jobs) {
            return Ok(Outcome::Held);
        }
        match claimed.job {
            Job::SendCode(challenge) => challenges::delivery::send(&self.house, &self.carriers, Some(&tenant), challenge, claimed).await,
            Job::SendMessage(message) | Job::SendNotice(message) => {
                messages::deliver(&self.house, &self.carriers, &tenant, message, claimed).await
            }
            Job::TellStaff(request) => registrations::telling::tell_staff(&self.house, &tenant, request).await,
            Job::RemindOfClosing(reminder) => closing::write_letters(&self.house, &tenant, reminder).await,
            Job::ForgetCustomer(_) | Job::TellOfAlarm(_) => Ok(Outcome::Done),
            Job::TellErasure(subject) => my_data::telling::erased(&self.house, &tenant, subject).await,
            Job::TellNumberChange(access) => number_changes::telling::changed(&self.house, &tenant, access).await,
            Job::TellTwoBecameOne(access) => number_changes::telling::became_one(&self.house, &tenant, access).await,
            Job::TellOfDomain(domain) => domains::telling::tell_owners(&self.house, &tenant, domain).await,
            Job::TellOwners(request) => support::telling::tell_owners(&self.house, &tenant, request).await,
            Job::TellOperator(request) => support::telling::tell_operator(&self.house, &self.carriers, &tenant, request).await,
            Job::TellOfOrder(event) => orders::telling::tell_customer(&self.house, &tenant, event).await,
            Job::WorkOnImport(import) => imports::run(&self.house, &tenant, import).await,
            Job::MakeSamples(tenant) => {
                samples::make(self.house.db(), tenant, self.house.now()).await?;
                Ok(Outcome::Done)
            }
        }
    }
}

fn carriers(config: &Config, inbox: Option<&Arc<Inbox>>, clock: &Clock) -> anyhow::Result<Carriers> {
    let sms = Arc::new(Gateways::configured(&config.sms, inbox, clock)?);
    let mail = match (config.email.carrier, inbox) {
        (MailCarrierName::Inbox, Some(inbox)) => Mailer::Inbox(Arc::clone(inbox)),
        _ => Mailer::Smtp(Box::new(Smtp::new(config.email.smtp.clone(), &config.email.dkim)?)),
    };
    Ok(Carriers { sms, mail })
}
