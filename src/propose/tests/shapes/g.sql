CREATE TABLE dictionary (
  id int PRIMARY KEY,
  classification varchar(50),
  content varchar(100),
  classification_id int,
  content_id int,
  state int
);
INSERT INTO dictionary VALUES (1, '成果类别', '应用技术', 1, 1, 1);
INSERT INTO dictionary VALUES (2, '成果类别', '基础理论', 1, 2, 1);
INSERT INTO dictionary VALUES (3, '成果类别', '软科学', 1, 3, 1);
INSERT INTO dictionary VALUES (20, '成果水平', '国际先进', 2, 4, 1);
INSERT INTO dictionary VALUES (24, '成果水平', '国际领先', 2, 5, 1);
INSERT INTO dictionary VALUES (25, '成果水平', '国内先进', 2, 1, 1);
INSERT INTO dictionary VALUES (26, '成果水平', '国际领先', 2, 2, 1);
INSERT INTO dictionary VALUES (27, '成果水平', '省内领先', 2, 3, 1);
INSERT INTO dictionary VALUES (31, '转化方式', '技术转让', 3, 4, 1);
INSERT INTO dictionary VALUES (33, '转化方式', '技术许可', 3, 5, 1);
INSERT INTO dictionary VALUES (34, '转化方式', '合作开发', 3, 1, 1);
INSERT INTO dictionary VALUES (51, '技术领域', '新材料', 4, 2, 1);
INSERT INTO dictionary VALUES (52, '技术领域', '资源与环境', 4, 3, 1);
INSERT INTO dictionary VALUES (53, '技术领域', '电子信息', 4, 4, 1);
INSERT INTO dictionary VALUES (89, '密级', '公开', 5, 5, 1);
INSERT INTO dictionary VALUES (90, '密级', '内部', 5, 1, 1);
CREATE TABLE tech_achievement (
  id int PRIMARY KEY,
  project_name varchar(200),
  category int,
  unit varchar(200),
  unit_code varchar(18),
  level int,
  field int,
  transform_way varchar(50),
  secret int,
  abstract text,
  finish_time varchar(20),
  person varchar(50),
  phone varchar(30),
  email varchar(100),
  address varchar(200),
  district varchar(50),
  award varchar(200),
  audit_status int,
  is_delete int,
  upload_time datetime
);
INSERT INTO tech_achievement VALUES (1, '氧化铝陶瓷基板低温烧结成套技术', 1, '鲁中陶瓷研究院', '91370303MA0000300K', 20, 51, '[33,34]', 89, '氧化铝陶瓷基板低温烧结技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.1.8', '王海燕', '13853301122', 'wang@lztc.cn', '淄博市张店区人民路0号', '张店区', '省科技进步三等奖', 1, 0, '2023-01-01 08:00:00');
INSERT INTO tech_achievement VALUES (2, '环氧丙烷尾气回收成套技术', 2, '淄博华信化工有限公司', '91370303MA0000301N', 24, 52, '[31]', 89, '环氧丙烷尾气回收技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.2.8', '李志强', '0533-2781234', 'lzq@huaxin.com', '淄博市张店区人民路1号', '淄川区', NULL, 1, 0, '2023-01-02 08:00:00');
INSERT INTO tech_achievement VALUES (3, '特种泵叶轮耐磨涂层成套技术', 1, '山东理工大学', '91370303MA0000302R', 25, 53, '[31,33]', 89, '特种泵叶轮耐磨涂层技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.3.8', '张敏', '15965331234', 'zm@sdut.edu.cn', '淄博市张店区人民路2号', '周村区', NULL, 0, 0, '2023-01-03 08:00:00');
INSERT INTO tech_achievement VALUES (4, '丝绸印染废水脱色成套技术', 3, '桓台县凯元机械厂', '91370303MA0000303W', 27, 51, '[33,34]', 90, '丝绸印染废水脱色技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.4.8', '刘建华', '18653345678', 'ljh@kaiyuan.com', '淄博市张店区人民路3号', '高青县', NULL, 1, 0, '2023-01-04 08:00:00');
INSERT INTO tech_achievement VALUES (5, '头孢中间体连续结晶成套技术', 1, '沂源瑞阳制药股份有限公司', '91370303MA00003040', 20, 51, '[31]', 89, '头孢中间体连续结晶技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.5.8', '陈晓东', '13964312345', NULL, '淄博市张店区人民路4号', '张店区', NULL, 1, 0, '2023-01-05 08:00:00');
INSERT INTO tech_achievement VALUES (6, '聚酰亚胺薄膜均匀涂布成套技术', 2, '临淄恒源新材料有限公司', '91370303MA00003053', 24, 52, '[31,33]', 89, '聚酰亚胺薄膜均匀涂布技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.6.8', '赵丽娟', '0533-3180001', 'zlj@hengyuan.cn', '淄博市张店区人民路5号', '淄川区', NULL, 1, 0, '2023-01-06 08:00:00');
INSERT INTO tech_achievement VALUES (7, '液压件在线检测成套技术', 1, '博山泵业集团有限公司', '91370303MA00003066', 25, 53, '[33,34]', 89, '液压件在线检测技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.7.8', '孙德明', '13505331122', NULL, '淄博市张店区人民路6号', '周村区', NULL, 0, 0, '2023-01-07 08:00:00');
INSERT INTO tech_achievement VALUES (8, '窑炉余热发电成套技术', 3, '周村丝绸科技有限公司', '91370303MA00003079', 27, 51, '[31]', 89, '窑炉余热发电技术通过工艺优化与装备改造，显著降低能耗，提高产品一致性。', '2022.8.8', '周文博', '17705338899', 'zwb@zcsc.cn', '淄博市张店区人民路7号', '高青县', NULL, 1, 0, '2023-01-08 08:00:00');
CREATE TABLE upload_file (
  id int PRIMARY KEY,
  achievement_id int,
  file_name varchar(200),
  file_path varchar(300),
  file_size varchar(20),
  upload_user varchar(50)
);
INSERT INTO upload_file VALUES (1, 1, '检测报告0.pdf', 'D:/xdmd_environment/4/0.zip', '100.5KB', 'admin');
INSERT INTO upload_file VALUES (2, 2, '检测报告1.pdf', 'D:/xdmd_environment/4/1.zip', '101.5KB', 'admin');
INSERT INTO upload_file VALUES (3, 3, '检测报告2.pdf', 'D:/xdmd_environment/4/2.zip', '102.5KB', 'admin');
INSERT INTO upload_file VALUES (4, 4, '检测报告3.pdf', 'D:/xdmd_environment/4/3.zip', '103.5KB', 'admin');
INSERT INTO upload_file VALUES (5, 5, '检测报告4.pdf', 'D:/xdmd_environment/4/4.zip', '104.5KB', 'admin');
INSERT INTO upload_file VALUES (6, 6, '检测报告5.pdf', 'D:/xdmd_environment/4/5.zip', '105.5KB', 'admin');
INSERT INTO upload_file VALUES (7, 7, '检测报告6.pdf', 'D:/xdmd_environment/4/6.zip', '106.5KB', 'admin');
INSERT INTO upload_file VALUES (8, 8, '检测报告7.pdf', 'D:/xdmd_environment/4/7.zip', '107.5KB', 'admin');
INSERT INTO upload_file VALUES (9, 1, '检测报告8.pdf', 'D:/xdmd_environment/4/8.zip', '108.5KB', 'admin');
INSERT INTO upload_file VALUES (10, 2, '检测报告9.pdf', 'D:/xdmd_environment/4/9.zip', '109.5KB', 'admin');
