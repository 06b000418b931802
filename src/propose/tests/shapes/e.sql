CREATE TABLE kjcg_result (
  result_id int PRIMARY KEY,
  project_id int,
  project_name varchar(200) COMMENT '项目名称',
  result_type varchar(20) COMMENT '成果类型',
  result_title varchar(200) COMMENT '成果名称',
  keyword varchar(200),
  result_abstract varchar(2000),
  result_links varchar(500),
  completedby varchar(200),
  completed_organization varchar(200),
  completed_date varchar(20),
  awards varchar(500),
  cdc varchar(50),
  discipline varchar(50),
  industry varchar(50),
  other_code varchar(50),
  tecnical_field varchar(50),
  maturty varchar(20),
  contct_name varchar(50),
  contact_phome varchar(30),
  govemment_fund decimal(12,2),
  UUID varchar(36),
  create_time timestamp ON UPDATE CURRENT_TIMESTAMP,
  create_user varbinary(50)
);
INSERT INTO kjcg_result VALUES (1, 500, '氧化铝陶瓷基板低温烧结重点研发项目', '应用技术', '氧化铝陶瓷基板低温烧结技术开发', '氧化铝；烧结', '本成果针对氧化铝陶瓷基板低温烧结开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/0', '王海燕；李志强', '鲁中陶瓷研究院', '2021-06-30', '市级三等奖', 'TQ174', '430', '3073', NULL, '新材料', '中试', '张敏', '13853301122', 30, '6f1c-0000-aa', '2023-03-01 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (2, 501, '环氧丙烷尾气回收重点研发项目', '软科学', '环氧丙烷尾气回收技术开发', '环氧丙；回收', '本成果针对环氧丙烷尾气回收开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/1', '李志强；张敏', '淄博华信化工有限公司', '2020.12.1', NULL, 'TQ174', '530', '2614', NULL, '资源与环境', '小试', '刘建华', '0533-2781234', 50.5, '6f1c-0001-aa', '2023-03-02 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (3, 502, '特种泵叶轮耐磨涂层重点研发项目', '应用技术', '特种泵叶轮耐磨涂层技术开发', '特种泵；涂层', '本成果针对特种泵叶轮耐磨涂层开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/2', '张敏；刘建华', '山东理工大学', '2019年5月6日', NULL, 'TQ174', '460', '3441', NULL, '先进制造与自动化', '产业化', '陈晓东', '15965331234', 0, '6f1c-0002-aa', '2023-03-03 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (4, 503, '丝绸印染废水脱色重点研发项目', '软科学', '丝绸印染废水脱色技术开发', '丝绸印；脱色', '本成果针对丝绸印染废水脱色开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/3', '刘建华；陈晓东', '桓台县凯元机械厂', '2021-06-30', '市级三等奖', 'TQ174', '430', '3073', NULL, '新材料', '中试', '赵丽娟', '18653345678', 30, '6f1c-0003-aa', '2023-03-04 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (5, 504, '头孢中间体连续结晶重点研发项目', '应用技术', '头孢中间体连续结晶技术开发', '头孢中；结晶', '本成果针对头孢中间体连续结晶开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/4', '陈晓东；赵丽娟', '沂源瑞阳制药股份有限公司', '2020.12.1', NULL, 'TQ174', '530', '2614', NULL, '资源与环境', '小试', '孙德明', '13964312345', 50.5, '6f1c-0004-aa', '2023-03-05 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (6, 505, '聚酰亚胺薄膜均匀涂布重点研发项目', '软科学', '聚酰亚胺薄膜均匀涂布技术开发', '聚酰亚；涂布', '本成果针对聚酰亚胺薄膜均匀涂布开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/5', '赵丽娟；孙德明', '临淄恒源新材料有限公司', '2019年5月6日', NULL, 'TQ174', '460', '3441', NULL, '先进制造与自动化', '产业化', '周文博', '0533-3180001', 0, '6f1c-0005-aa', '2023-03-06 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (7, 506, '液压件在线检测重点研发项目', '应用技术', '液压件在线检测技术开发', '液压件；检测', '本成果针对液压件在线检测开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/6', '孙德明；周文博', '博山泵业集团有限公司', '2021-06-30', '市级三等奖', 'TQ174', '430', '3073', NULL, '新材料', '中试', '王海燕', '13505331122', 30, '6f1c-0006-aa', '2023-03-07 12:00:00', '6b6a');
INSERT INTO kjcg_result VALUES (8, 507, '窑炉余热发电重点研发项目', '软科学', '窑炉余热发电技术开发', '窑炉余；发电', '本成果针对窑炉余热发电开展研究，取得多项自主知识产权，经济效益明显。', 'http://kjcg.example.cn/7', '周文博；王海燕', '周村丝绸科技有限公司', '2020.12.1', NULL, 'TQ174', '530', '2614', NULL, '资源与环境', '小试', '李志强', '17705338899', 50.5, '6f1c-0007-aa', '2023-03-08 12:00:00', '6b6a');
