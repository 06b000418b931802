//! One run of an import route.

use std::ops::ControlFlow;

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::push::Request;
use super::watch::{Stage, Watcher};
use crate::city::Writer;
use crate::import::{ImportCounts, ImportReport, ImportRoute, Importer};
use crate::ledger::RunEnd;
use crate::record::Complaint;

impl Connector {
    /// Fetches, checks and writes other cities' records, until the province's list ends or somebody asks to stop.
    ///
    /// Errors: the ledger itself failed. A province or database that cannot be reached is a run that ended `failed`.
    pub async fn import_once(
        &self,
        _: &WorkGuard,
        route: &ImportRoute,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<ImportReport, Error> {
        let (name, platform, kind) = (&route.route.name, &route.route.platform, &route.route.kind);
        let versions = self.versions(platform, Some(route.version), Some(route.kind.fingerprint()));
        let run = self.start(name, platform, kind, request, versions).await?;
        let street = self.street(platform)?;
        let report = match self.writer(&route.import.target.database).await {
            Err(complaint) => ImportReport {
                run: run.id,
                route: name.clone(),
                kind: kind.clone(),
                end: RunEnd::Failed,
                counts: ImportCounts::default(),
                complaints: vec![complaint],
            },
            Ok(writer) => {
                let (ledger, clock, today) = (&self.ledger, &self.clock, self.today());
                let importer = Importer { ledger, street, writer: &writer, clock, route, run: &run, today };
                let watch = &mut |counts: &ImportCounts| {
                    watcher.saw(Stage::Importing, name, counts.fetched);
                    if self.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                importer.import(watch).await?
            }
        };
        let note = report.complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        self.ledger.end_run(&run, report.end, &report.counts, &note, self.clock.now()).await?;
        self.seal().await?;
        Ok(report)
    }

    async fn writer(&self, database: &str) -> Result<Writer, Complaint> {
        // Routes name databases that the loader has checked.
        match self.instance.databases.get(database) {
            Some(database) => Writer::open(database).await,
            None => Err(Complaint::new("Q2001").fact("database", database)),
        }
    }
}
