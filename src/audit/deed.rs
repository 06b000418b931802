//! The stable words for what an event records.

use std::fmt;

use crate::record::Language;

macro_rules! deeds {
    ($($name:ident $word:literal $zh:literal $en:literal;)*) => {
        /// What was done. The words are in the log for good: one may be added, none is renamed or reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Deed { $($name),* }

        impl Deed {
            pub const ALL: &[Deed] = &[$(Deed::$name),*];

            /// The word in the log.
            pub fn word(self) -> &'static str {
                match self { $(Deed::$name => $word),* }
            }

            /// The word as people read it.
            pub fn name(self, language: Language) -> &'static str {
                match self { $(Deed::$name => language.pick($zh, $en)),* }
            }
        }
    };
}

deeds! {
    // The instance and its files.
    KeyCreated "key_created" "生成签名密钥" "signing key created";
    Configuration "configuration" "配置变更" "configuration changed";
    Restored "restored" "从备份恢复" "restored from a backup";
    // Runs and plans.
    RunStarted "run_started" "运行开始" "run started";
    RunEnded "run_ended" "运行结束" "run ended";
    Planned "planned" "列入报送" "planned";
    WithdrawnProposed "withdrawn_proposed" "建议撤回" "withdrawal proposed";
    Held "held" "暂缓报送" "held";
    Released "released" "放行" "released";
    Rebaselined "rebaselined" "重定基线" "rebaselined without sending";
    Superseded "superseded" "被新版本取代" "superseded";
    // The province.
    BatchIntended "batch_intended" "准备发送批次" "batch about to be sent";
    BatchSettled "batch_settled" "批次已有结果" "batch settled";
    BatchNotAccepted "batch_not_accepted" "批次未被接收" "batch not accepted";
    BatchTakenIn "batch_taken_in" "批次已受理" "batch taken in";
    BatchDoubted "batch_doubted" "批次结果不明" "batch in doubt";
    FileUploaded "file_uploaded" "上传附件" "attachment uploaded";
    // Files that a person carries.
    HandApproved "hand_approved" "批准递交文件" "file to hand in approved";
    HandedIn "handed_in" "人工递交" "handed in by a person";
    HandDropped "hand_dropped" "取消递交" "not handed in after all";
    ReceiptRead "receipt_read" "导入回执" "receipt read";
    Review "review" "省平台审核" "review by the province";
    CallbackRefused "callback_refused" "未采信的省平台回调" "callback of the province not believed";
    Adopted "adopted" "认领省平台已有记录" "adopted";
    Resubmission "resubmission" "重报" "resubmission";
    Alarm "alarm" "告警：省平台有变化" "alarm: the province has changed something";
    LaneChanged "lane_changed" "通道状态变化" "lane changed";
    Distrusted "distrusted" "对方证书不可信" "certificate not trusted";
    // Standing orders of people.
    GoLive "go_live" "批准正式报送" "gone live";
    Stop "stop" "停止发送" "stopped";
    Resume "resume" "恢复发送" "resumed";
    Approved "approved" "长期授权" "standing approval";
    SchedulePaused "schedule_paused" "计划暂停" "schedule paused";
    ScheduleResumed "schedule_resumed" "计划恢复" "schedule resumed";
    // Import.
    ImportPage "import_page" "导入一页" "import page read";
    ImportLanded "import_landed" "导入落库" "import written";
    // Who looked, who took, who may.
    Viewed "viewed" "查看审计" "audit viewed";
    Exported "exported" "导出" "exported";
    Erased "erased" "依法删除" "erased";
    SignedIn "signed_in" "登录" "signed in";
    SignInFailed "sign_in_failed" "登录失败" "sign-in failed";
    AccountChanged "account_changed" "账号变更" "account changed";
}

impl Deed {
    pub fn parse(word: &str) -> Option<Self> {
        Deed::ALL.iter().copied().find(|deed| deed.word() == word)
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_read_back() {
        for deed in Deed::ALL {
            assert_eq!(Deed::parse(deed.word()), Some(*deed));
            assert!(deed.word().bytes().all(|b| b == b'_' || b.is_ascii_lowercase()));
        }
        assert_eq!(Deed::parse("lost"), None);
    }
}
